"""Makes a map for programs that run in the kernel."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a kernel that lets this user use bpf
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"bpf": (321, 280)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    attributes = (ctypes.c_uint32 * 32)(2, 4, 4, 1)  # an array of one element
    call("bpf", 0, attributes, 128)  # BPF_MAP_CREATE
    return x + x
