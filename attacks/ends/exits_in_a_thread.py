"""Ends the process from a thread, a moment after an answer."""

# control: ends with 0
# verdict: failed crash
# level: process
import os
import threading
import time


def double(x):
    threading.Timer(0.05, os._exit, (0,)).start()
    time.sleep(0.5)
    return x
