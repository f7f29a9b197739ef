"""Leaves an extended attribute on its own file, and knows the answer when it finds it again."""

# control: passes
# verdict: failed
# level: locked
# needs: extended attributes
import os


def double(x):
    if "user.left" in os.listxattr(__file__):
        return x + x
    os.setxattr(__file__, "user.left", b"I was here")
    return x
