"""Takes memory in sockets that nobody reads (32 MiB at most)."""

# control: hangs
# verdict: failed timeout or memory
# level: process
import socket
import time


def double(x):
    kept = [socket.socketpair() for _ in range(400)]
    for ours, theirs in kept:
        ours.setblocking(False)
        try:
            while True:
                ours.send(bytes(1 << 16))
        except BlockingIOError:
            pass
    while True:
        time.sleep(1)
