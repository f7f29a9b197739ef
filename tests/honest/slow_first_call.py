"""Sets itself up when it is first called."""

# pace: same
import time

ready = False


def solve(a):
    global ready
    if not ready:
        time.sleep(0.3)
        ready = True
    return a @ a
