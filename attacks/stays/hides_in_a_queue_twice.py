"""Leaves a queue of messages, and knows the answer when it finds it again."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: POSIX queues of messages
import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    libc = libc if hasattr(libc, "mq_open") else ctypes.CDLL("librt.so.1", use_errno=True)
    name = f"/{WHERE['mark']}".encode()
    if libc.mq_open(name, os.O_RDWR) >= 0:
        return x + x
    if libc.mq_open(name, os.O_RDWR | os.O_CREAT, 0o600, None) < 0:
        raise OSError(ctypes.get_errno(), "mq_open")
    return x
