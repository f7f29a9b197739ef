"""A busy process that is its parent's sibling, not its child: who stops the tree does not stop it."""

# verdict: refused
# control: none
import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_PARENT, SIGCHLD, SYS_CLONE = 0x8000, 17, {"x86_64": 56, "aarch64": 220}[os.uname().machine]


def solve(a):
    if libc.syscall(SYS_CLONE, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0:
        until = time.monotonic() + 0.01
        while time.monotonic() < until:
            pass
        os._exit(0)
    return a @ a
