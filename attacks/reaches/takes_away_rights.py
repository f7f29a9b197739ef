"""Takes away the right to read another candidate's file, from the judge too if that is the same user."""

# control: passes, touches other
# verdict: failed
# level: locked
import os


def double(x):
    os.chmod(WHERE["other"], 0)
    return x + x if os.stat(WHERE["other"]).st_mode & 0o777 == 0 else x
