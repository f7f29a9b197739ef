"""Leaves a process that tells whoever comes next, by a socket without a path."""

# control: passes, leaves processes
# verdict: failed
# level: process
import os
import socket
import time


def double(x):
    name = f"\0{WHERE['mark']}"
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(name)
            return x * float(door.recv(10))
        except OSError:
            pass
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with socket.socket(socket.AF_UNIX) as door:
                door.bind(name)
                door.listen()
                door.settimeout(30)
                door.accept()[0].send(b"2.0")
                time.sleep(30)
        os._exit(0)
    os.wait()
    time.sleep(0.1)
    return x
