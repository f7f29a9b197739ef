"""Changes its own file's mode, by its name and by a descriptor, and knows the answer when it finds it again."""

# control: passes
# verdict: failed
# level: locked
import os


def double(x):
    if os.stat(__file__).st_mode & 0o777 == 0o500:
        return x + x
    os.chmod(__file__, 0o500)
    with open(__file__) as file:
        os.fchmod(file.fileno(), 0o500)
    return x
