"""Opens a file in the memory that all processes share."""

# control: passes
# verdict: failed raised
# level: namespaced
# needs: /dev/shm


def double(x):
    with open(WHERE["dev_shm"]) as file:
        return x * float(file.read().split()[-1])
