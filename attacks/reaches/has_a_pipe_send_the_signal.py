"""Has the kernel signal a process when a pipe of its own can be read."""

# control: passes, touches signal SIGIO
# verdict: failed raised
# level: locked
import fcntl
import os
import time


def double(x):
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    fcntl.fcntl(reading, fcntl.F_SETOWN, WHERE["pid"])
    os.write(writing, b".")
    time.sleep(0.2)
    return x + x
