"""Sets another process' limits."""

# control: passes, touches tuning
# verdict: failed raised
# level: locked
# needs: a kernel that lets processes of one user set each other's limits
import resource


def double(x):
    resource.prlimit(WHERE["pid"], resource.RLIMIT_NOFILE, (64, 64))
    return x + x
