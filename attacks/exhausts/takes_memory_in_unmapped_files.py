"""Takes memory in a file without a name or a mapping, which counts for no process."""

# control: passes
# verdict: failed raised or memory
# level: locked
import os
import time


def double(x):
    number = os.memfd_create("kept")
    for _ in range(350):
        os.write(number, bytes(1 << 20))
    time.sleep(0.1)
    return x + x
