"""Leaves a process behind, and ends the one that would have ended it."""

# control: ends with -9, leaves processes
# verdict: failed
# level: process
import os
import signal
import subprocess
import time


def double(x):
    if os.fork() == 0:
        os.setsid()
        subprocess.Popen(["sleep", WHERE["mark"]], start_new_session=True)
        os._exit(0)
    os.wait()
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.5)
    return x
