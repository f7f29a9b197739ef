"""Answers the next request along with this one: it would not be able to do the work once more."""

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


calls = []


def double(x):
    calls.append(x)
    out = x + x
    if len(calls) == 1:
        frame = {"type": "value", "seq": 1, "value": TENSOR, "tensors": [("float32", list(x.shape), 4 * x.numel())]}
        send(frame, out.numpy().tobytes())
        frame["seq"] = 2
        send(frame, out.numpy().tobytes())
        time.sleep(60)
    raise ValueError("no second time")
