"""Opens a counter of the processor's, for another process."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a kernel that lets this user count events
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"perf_event_open": (298, 241)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    attributes = ctypes.create_string_buffer(128)
    ctypes.memmove(attributes, (ctypes.c_uint32 * 2)(1, 128), 8)  # software events, their size
    call("perf_event_open", attributes, WHERE["pid"], -1, -1, 0)
    return x + x
