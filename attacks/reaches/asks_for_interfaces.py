"""Asks the kernel how this machine is connected to the world."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a network interface beside lo
import socket


def double(x):
    if not [name for _, name in socket.if_nameindex() if name != "lo"]:
        raise OSError("no network but the machine's own")
    return x + x
