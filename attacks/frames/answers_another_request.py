"""Answers requests that nobody has made."""

# control: passes
# verdict: failed protocol
# level: process
import os
import stat
import struct
import time

import msgspec


def connection():
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                return number
        except OSError:
            continue
    raise LookupError("no connection")


def send(head, payload=b"", claimed=None):
    head = head if isinstance(head, bytes) else msgspec.msgpack.encode(head)
    size = len(payload) if claimed is None else claimed
    os.write(connection(), struct.pack("<IQ", len(head), size) + head + payload)


TENSOR = msgspec.msgpack.Ext(1, struct.pack("<I", 0))


def double(x):
    out = x + x
    frame = {"type": "value", "seq": 999, "value": TENSOR, "tensors": [("float32", list(x.shape), 4 * x.numel())]}
    send(frame, out.numpy().tobytes())
    send(frame, out.numpy().tobytes())
    time.sleep(60)
