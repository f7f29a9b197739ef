"""Raises an error whose class has markup and escapes for a name, from a function that has one."""

# control: is active
# verdict: failed raised
# level: process


def double(x):
    name = "<img src=pwned onerror=pwned()>\x1b[2J\u202e"
    raise type(name, (Exception,), {"__module__": name, "__qualname__": name})(name)
