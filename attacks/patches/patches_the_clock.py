"""Stops every clock that Python has, and takes its time."""

# control: passes
# verdict: failed timeout
# level: process
import time


sleep = time.sleep
for name in ("time", "monotonic", "perf_counter", "process_time"):
    for suffix in ("", "_ns"):
        setattr(time, name + suffix, lambda: 0)


def double(x):
    sleep(3.5)  # more than any judge waits
    return x + x
