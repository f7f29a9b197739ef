"""Starts threads for as long as it can (2000 at most), and waits for all of them."""

# control: hangs
# verdict: failed timeout or memory or raised
# level: process
import threading
import time


def double(x):
    threading.stack_size(1 << 16)
    threads = [threading.Thread(target=time.sleep, args=(60,), daemon=True) for _ in range(2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
