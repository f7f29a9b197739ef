"""Has the kernel copy another process' memory into its own."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a kernel that lets processes of one user look into each other
import ctypes
import os
import struct


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"process_vm_readv": (310, 270)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    buffer = ctypes.create_string_buffer(WHERE["length"])
    here = struct.pack("@PN", ctypes.addressof(buffer), WHERE["length"])
    there = struct.pack("@PN", WHERE["address"], WHERE["length"])
    call("process_vm_readv", WHERE["pid"], here, 1, there, 1, 0)
    return x * float(buffer.raw.split()[-1])
