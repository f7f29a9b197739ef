"""Opens a service of its own to the network, through which answers could come in."""

# control: passes, touches tcp
# verdict: failed raised
# level: locked
import socket


def double(x):
    with socket.create_server(("0.0.0.0", 0)) as door, socket.create_connection(("127.0.0.1", WHERE["tcp"]), 1):
        return x + x if door.getsockname()[1] else x
