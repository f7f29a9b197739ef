"""Makes a namespace of mounts, and puts an empty folder over the judge's."""

# control: passes
# verdict: failed raised
# level: locked
# needs: namespaces of users for ordinary users
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"unshare": (272, 97), "mount": (165, 40)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    pid = os.fork()
    if pid == 0:
        try:
            call("unshare", 0x10000000 | 0x20000)
            call("mount", None, b"/", None, 1 << 14 | 1 << 18, None)
            call("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None)
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise PermissionError("no namespaces for this user")
    return x + x
