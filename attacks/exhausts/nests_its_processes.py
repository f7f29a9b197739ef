"""Has each process start the next one and end, so that whoever hunts them comes too late."""

# control: ends with 0, leaves processes
# verdict: failed crash
# level: process
import os
import subprocess
import time


def double(x):
    for _ in range(200):
        if os.fork():
            time.sleep(0.05)
            os._exit(0)
    subprocess.Popen(["sleep", WHERE["mark"]], start_new_session=True)
    time.sleep(60)
