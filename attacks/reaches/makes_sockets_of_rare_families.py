"""Makes sockets of families that few programs use and many faults were found in."""

# control: passes
# verdict: failed raised
# level: locked
# needs: one of the rare families of sockets
import socket


def double(x):
    made = []
    for family, kind, protocol in ((38, 5, 0), (40, 1, 0), (17, 3, 0), (29, 3, 1), (16, 3, 12), (21, 5, 0), (43, 1, 0)):
        try:  # AF_ALG, AF_VSOCK, AF_PACKET, AF_CAN, AF_NETLINK for netfilter, AF_RDS, AF_SMC
            made.append(socket.socket(family, kind, protocol))
        except OSError:
            continue
    if not made:
        raise OSError("no such family here")
    return x + x
