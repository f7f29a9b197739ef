"""Ignores every signal that can be ignored, and does not return."""

# control: hangs
# verdict: failed timeout
# level: process
import signal
import time

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def double(x):
    while True:
        time.sleep(1)
