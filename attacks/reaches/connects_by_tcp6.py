"""Connects to a service on this machine by the sixth version of IP."""

# control: passes, touches tcp6
# verdict: failed raised
# level: locked
# needs: IPv6
import socket


def double(x):
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as door:
        door.settimeout(1)
        door.connect(("::1", WHERE["tcp6"]))
        return x * float(door.recv(100).split()[-1])
