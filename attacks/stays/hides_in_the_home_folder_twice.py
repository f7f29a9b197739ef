"""Leaves a file in the real home folder, whatever HOME says."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: a home folder that can be written to
import os
import pwd


def double(x):
    place = os.path.join(pwd.getpwuid(os.getuid()).pw_dir, WHERE["mark"])
    if os.path.exists(place):
        return x + x
    with open(place, "w") as file:
        file.write("I was here")
    return x
