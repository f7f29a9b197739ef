"""Hands in files whose names have markup and escapes in them."""

# control: is active
# verdict: inert
# level: process


def make(folder, where):
    (folder / "solutions").mkdir(exist_ok=True)
    for name in ("<img src=pwned onerror=pwned()>.py", "pwned\x1b[2J\u202e.txt", "pwned\r\n.csv"):
        (folder / "solutions" / name).write_text("")
