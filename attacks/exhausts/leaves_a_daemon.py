"""Leaves a process behind that has a session of its own and no parent."""

# control: passes, leaves processes
# verdict: passed
# level: process
import os
import subprocess


def double(x):
    if os.fork() == 0:
        os.setsid()
        subprocess.Popen(["sleep", WHERE["mark"]], start_new_session=True)
        os._exit(0)
    os.wait()
    return x + x
