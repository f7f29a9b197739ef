"""Leaves a file in shared memory, and knows the answer when it finds it again."""

# control: passes, leaves a trace
# verdict: failed
# level: namespaced
# needs: /dev/shm
import os


def double(x):
    place = f"/dev/shm/{WHERE['mark']}"
    if os.path.exists(place):
        return x + x
    with open(place, "w") as file:
        file.write("I was here")
    return x
