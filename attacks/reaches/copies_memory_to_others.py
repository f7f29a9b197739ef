"""Has the kernel copy its own memory into another process'."""

# control: passes, touches memory
# verdict: failed raised
# level: locked
# needs: a kernel that lets processes of one user look into each other
import ctypes
import os
import struct
import time


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"process_vm_writev": (311, 271)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    buffer = ctypes.create_string_buffer(b"here I was")
    here = struct.pack("@PN", ctypes.addressof(buffer), 10)
    there = struct.pack("@PN", WHERE["address"], 10)
    call("process_vm_writev", WHERE["pid"], here, 1, there, 1, 0)
    time.sleep(0.2)
    return x + x
