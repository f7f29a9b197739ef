"""Asks a service on this machine by a datagram."""

# control: passes, touches udp
# verdict: failed raised
# level: locked
import socket


def double(x):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(1)
        door.connect(("127.0.0.1", WHERE["udp"]))
        door.send(b"?")
        return x * float(door.recv(100).split()[-1])
