"""Sends escape sequences to whoever reads its output, or its error."""

# control: is active
# verdict: failed raised
# level: process


def double(x):
    print("\x1b]0;pwned\x07\x1b[2J\x1b[31mpwned\x9b1m\r\x08", flush=True)
    raise ValueError("\x1b[2J\x1b]8;;http://pwned\x07pwned")
