"""Leaves a file in the real home folder, whatever HOME says."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: a home folder that can be written to
import os


def double(x):
    place = os.path.join(os.path.dirname(os.path.dirname(WHERE["home"])), WHERE["mark"])
    if os.path.exists(place):
        return x + x
    with open(place, "w") as file:
        file.write("I was here")
    return x
