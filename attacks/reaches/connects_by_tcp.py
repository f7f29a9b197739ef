"""Connects to a service on this machine that listens for the judge."""

# control: passes, touches tcp
# verdict: failed raised
# level: locked
import socket


def double(x):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door:
        door.settimeout(1)
        door.connect(("127.0.0.1", WHERE["tcp"]))
        return x * float(door.recv(100).split()[-1])
