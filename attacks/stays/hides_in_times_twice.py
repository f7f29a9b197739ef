"""Sets its own file's times, by its name and by a descriptor, and knows the answer when it finds them again."""

# control: passes
# verdict: failed
# level: locked
import os


def double(x):
    if os.stat(__file__).st_mtime < 10:
        return x + x
    os.utime(__file__, (1, 1))
    with open(__file__) as file:
        os.utime(file.fileno(), (1, 1))
    return x
