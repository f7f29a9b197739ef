"""Leaves a process behind that has a session of its own and no parent."""

# control: status 0, leaves processes
# verdict: passed
import os
import subprocess


def double(x):
    if os.fork() == 0:
        os.setsid()
        subprocess.Popen(["sleep", "31415"], start_new_session=True)
        os._exit(0)
    os.wait()
    return x + x
