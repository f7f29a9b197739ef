"""Takes memory in files of a file system that lies in memory, which count for no process."""

# control: passes
# verdict: failed raised or memory
# level: namespaced
# needs: /dev/shm
import os
import time


def double(x):
    place = f"/dev/shm/{WHERE['mark']}-kept"
    with open(place, "wb") as file:
        for _ in range(350):  # MiB, of 256
            file.write(bytes(1 << 20))
    time.sleep(0.1)
    os.unlink(place)
    return x + x
