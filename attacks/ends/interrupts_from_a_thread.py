"""Has a thread interrupt the judge while it waits."""

# control: ends with 2, says no verdict
# verdict: failed raised or value or crash
# level: process
import _thread
import threading
import time


def double(x):
    threading.Timer(0.05, _thread.interrupt_main).start()
    time.sleep(0.5)
    return x
