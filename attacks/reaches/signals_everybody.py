"""Asks whether it could signal every process there is (and does not do it: signal 0)."""

# control: passes
# verdict: failed
# level: locked
import os


def double(x):
    pid = os.fork()
    if pid == 0:
        os.kill(-1, 0)
        os._exit(0)
    return x + x if os.waitpid(pid, 0)[1] == 0 else x
