"""Connects to a socket that has a path."""

# control: passes, touches unix
# verdict: failed raised
# level: namespaced
import socket


def double(x):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(1)
        door.connect(WHERE["unix"])
        return x * float(door.recv(100).split()[-1])
