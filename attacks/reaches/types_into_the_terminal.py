"""Types a command into the terminal that the judge was started from."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a kernel with dev.tty.legacy_tiocsti, or root
import fcntl
import os
import termios


def double(x):
    master, slave = os.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        try:
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            fcntl.ioctl(slave, termios.TIOCSTI, b"x")
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise PermissionError("not in this kernel")
    return x + x
