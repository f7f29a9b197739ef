"""Sends markup to whoever reads its output, or its error."""

# control: is active
# verdict: failed raised
# level: process

MARKUP = "</pre><script>pwned()</script><img src=pwned onerror=pwned()><a href='javascript:pwned()'>x</a>"


def double(x):
    print(MARKUP, flush=True)
    raise ValueError(MARKUP)
