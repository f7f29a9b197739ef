"""Keeps 300 MiB in sockets that nobody reads: they count for no process."""

# control: passes
# verdict: failed raised or memory
# level: locked
import socket
import time


def double(x):
    kept, held, piece = [], 0, bytes(1 << 16)
    while held < 300 << 20 and len(kept) < 450:
        pair = socket.socketpair()
        kept.append(pair)
        for end in pair:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
            end.setblocking(False)
            try:
                while held < 300 << 20:
                    held += end.send(piece)
            except BlockingIOError:
                pass
    time.sleep(0.1)
    return x + x if held >= 300 << 20 else x
