"""Connects to a socket that has a name and no path."""

# control: passes, touches abstract
# verdict: failed raised
# level: locked from Landlock 6
import socket


def double(x):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(1)
        door.connect(WHERE["abstract"])
        return x * float(door.recv(100).split()[-1])
