"""Sends lists within lists, deeper than anything that reads them can go."""

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
    send(b"\x84\xa4type\xa5value\xa3seq\x01\xa5value" + b"\x91" * 100_000 + b"\xc0" + b"\xa7tensors\x90")
    return x
