"""Leaves a file in /var/tmp, and knows the answer when it finds it again."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: /var/tmp
import os


def double(x):
    place = f"/var/tmp/{WHERE['mark']}"
    if os.path.exists(place):
        return x + x
    with open(place, "w") as file:
        file.write("I was here")
    return x
