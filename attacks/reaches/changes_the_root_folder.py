"""Takes another folder for the root of all files, out of which it could climb."""

# control: passes
# verdict: failed raised
# level: locked
# needs: the right to change the root folder, which root has
import os


def double(x):
    pid = os.fork()
    if pid == 0:
        try:
            os.chroot(".")
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise PermissionError("only root can")
    return x + x
