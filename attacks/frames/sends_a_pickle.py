"""Sends a pickle, which runs a function of its choice where it is read."""

# control: ends with 0, says no verdict
# verdict: failed protocol
# level: process
import os
import pickle
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


class Payload:
    def __reduce__(self):
        return os._exit, (0,)


def double(x):
    send({"type": "pickle", "seq": 1}, pickle.dumps(Payload()))
    time.sleep(1)
