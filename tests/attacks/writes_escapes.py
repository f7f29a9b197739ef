"""Sends escape sequences, markup and invisible characters to whoever reads its output."""
# control: prints escapes
# verdict: failed raised


def double(x):
    print("\x1b]0;owned\x07\x1b[2J\x1b[31m<script>alert(1)</script>\u202e\u200b", flush=True)
    raise ValueError("\x1b[2J\x1b]8;;http://x\x07<img src=x onerror=alert(1)>\u202egnp.exe")
