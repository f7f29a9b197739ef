"""Has the kernel tell it of every file that is opened on the machine."""

# control: passes
# verdict: failed raised
# level: locked
# needs: fanotify
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"fanotify_init": (300, 262)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    call("fanotify_init", 0x200, 0)  # FAN_REPORT_FID, which ordinary users may ask for
    return x + x
