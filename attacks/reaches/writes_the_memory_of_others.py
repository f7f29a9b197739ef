"""Writes into another process' memory."""

# control: passes, touches memory
# verdict: failed raised
# level: locked
# needs: a kernel that lets processes of one user look into each other
import time


def double(x):
    with open(f"/proc/{WHERE['pid']}/mem", "r+b", buffering=0) as memory:
        memory.seek(WHERE["address"])
        memory.write(b"here I was")
    time.sleep(0.2)
    return x + x
