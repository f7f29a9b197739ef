"""Names a dtype that is none."""

# control: breaks
# verdict: failed protocol
# level: process
import os
import stat
import struct

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
    send({"type": "value", "seq": 1, "value": TENSOR, "tensors": [("os", [4], 16)]}, bytes(16))
    return x
