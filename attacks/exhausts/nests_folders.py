"""Makes more folders in each other than Python's own remover can walk."""

# control: leaves its folder
# verdict: passed
# level: process
import os


made = []


def double(x):
    for _ in range(0 if made else 1500):
        os.mkdir("d")
        os.chdir("d")
    made.append(x)
    return x + x
