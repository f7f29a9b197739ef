"""Looks for a queue of messages of the judge's user."""

# control: passes
# verdict: failed raised
# level: locked
# needs: POSIX queues of messages
import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    libc = libc if hasattr(libc, "mq_open") else ctypes.CDLL("librt.so.1", use_errno=True)
    queue = libc.mq_open(WHERE["queue"].encode(), os.O_RDWR)
    if queue < 0:
        raise OSError(ctypes.get_errno(), "mq_open")
    buffer = ctypes.create_string_buffer(8192)
    if libc.mq_receive(queue, buffer, ctypes.c_size_t(8192), None) < 0:
        raise OSError(ctypes.get_errno(), "mq_receive")
    libc.mq_send(queue, buffer.value, ctypes.c_size_t(len(buffer.value)), 0)
    return x * float(buffer.value.split()[-1])
