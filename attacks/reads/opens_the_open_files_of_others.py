"""Opens, through /proc, a file that another process has open and that has no name."""

# control: passes
# verdict: failed raised
# level: locked


def double(x):
    with open(f"/proc/{WHERE['pid']}/fd/{WHERE['open']}") as file:
        return x * float(file.read().split()[-1])
