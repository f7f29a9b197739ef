"""Sends an open file along, of which a judge might read."""

# control: passes
# verdict: failed protocol
# level: process
import os
import socket
import stat
import struct
import tempfile
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
    for number in (1, 2):  # a judge that takes the first file will come for the second
        with tempfile.TemporaryFile() as file:
            file.write((x + x).numpy().tobytes())
            file.seek(0)
            send({"type": "value", "seq": number, "value": TENSOR, "tensors": [("float32", [4], 16)]}, claimed=16)
            with socket.socket(fileno=os.dup(connection())) as channel:
                channel.setblocking(True)
                socket.send_fds(channel, [b"."], [file.fileno()])
    time.sleep(60)
