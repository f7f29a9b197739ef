"""Has a whole group of processes wait for all others."""

# control: passes, touches tuning
# verdict: failed raised
# level: locked
import os


def double(x):
    os.setpriority(os.PRIO_PGRP, WHERE["pid"], 19)  # which leads a group of its own
    return x + x
