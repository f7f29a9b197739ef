"""Namespaces: users, mounts, processes, network, IPC objects and a host name of one's own. See namespaces(7).

The supervisor begins in namespaces of its own, with nothing but libraries in sight, and each worker in some of its own
below these, where it is the first process: whatever it starts ends with it, and it sees nobody else.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ptassess.sandbox import folders, identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# linux/sched.h
_NEW_MOUNTS, _NEW_UTS, _NEW_IPC, _NEW_USER, _NEW_PIDS, _NEW_NET = (
    0x0002_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
)  # fmt: skip
# linux/mount.h
_NOSUID, _NODEV, _NOEXEC, _BIND, _RECURSIVE, _PRIVATE = 1 << 1, 1 << 2, 1 << 3, 1 << 12, 1 << 14, 1 << 18
_DETACH = 2  # of umount2(2)
_ATTRIBUTE_READ_ONLY, _ATTRIBUTE_NOSUID = 1, 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_SETATTR = 442  # the same on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}  # asm/unistd_64.h, asm-generic/unistd.h
_DEVICES = ("null", "zero", "full", "random", "urandom")
_STREAMS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_OUTSIDE = "/.outside"  # where the supervisor still has the machine's own files, and no worker any more
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1  # linux/sockios.h, linux/if.h
_TRY = "from ptassess.sandbox import namespaces; namespaces.try_out()"
_PROBE_SECONDS = 20.0
_SETTINGS = Path("/proc/sys")
_TCP_BYTES = "4096 131072 212992"  # least, first and most: tcp(7); the most is what other sockets have
_CONTAINERS = ("/.dockerenv", "/run/.containerenv")  # of Docker and of Podman
_NOTHING = "size=64k,mode=755"  # of a file system that holds folders to mount on


@lru_cache(maxsize=1)
def why_not() -> str | None:
    """Why this machine lets no process have namespaces of its own, in one line; None if it does. Tried, once."""
    command = [sys.executable, "-P", "-c", _TRY]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        return f"could not be tried: {error}"
    if done.returncode == 0:
        return None
    said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return f"needs namespaces for ordinary users: {_remedy()} ({said})"


def _remedy() -> str:
    """What most likely stands in the way, and what to do about it."""

    def setting(name: str) -> str:
        try:
            return (_SETTINGS / name).read_text(encoding="ascii").strip()
        except OSError:
            return ""

    if any(Path(path).exists() for path in _CONTAINERS):
        return (
            "this container's profile denies them; start it with --security-opt seccomp=unconfined "
            "--security-opt systempaths=unconfined"
        )
    if setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return "AppArmor denies them; an administrator may type sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    if setting("kernel/unprivileged_userns_clone") == "0":
        return "the kernel denies them; an administrator may type sysctl kernel.unprivileged_userns_clone=1"
    if setting("user/max_user_namespaces") == "0":
        return "none are allowed; an administrator may type sysctl user.max_user_namespaces=10000"
    return "something denies them"


def try_out() -> None:
    """Do what a supervisor and a worker do, and end this process; its status is 0 if all of it can be done.

    It makes the folder and removes it, for whoever asked may be killed meanwhile.
    """
    folder = folders.make()
    trying = os.fork()
    if trying:
        _, status = os.waitpid(trying, 0)
        folders.remove(folder)
        os._exit(min(1, abs(os.waitstatus_to_exitcode(status))))
    scratch = Path(folder, "worker")
    scratch.mkdir()
    enter(folder, ["/usr"], [])
    pid = Pids().fork()
    if pid == 0:
        try:
            settle(folder, str(scratch), [])
            os._exit(0)
        except OSError as error:
            os.write(2, f"{error}\n".encode())
        finally:
            os._exit(1)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def enter(folder: str, reading: Iterable[str], hidden: Iterable[Path]) -> None:
    """Go on in namespaces of one's own, as their first process; the process that calls this waits for it to end.

    Nothing must run in this process beside the caller.

    Args:
        folder: in which workers' folders will be; it looks the same inside, and can be written to.
        reading: files and folders that stay in sight, at the same places, to be read.
        hidden: folders that do not, wherever they lie.

    Raises:
        OSError: if the kernel refuses.
    """
    root = Path(folder, "root")
    root.mkdir(exist_ok=True)
    _leave_users()
    _call("unshare", _NEW_MOUNTS | _NEW_UTS | _NEW_IPC | _NEW_PIDS | _NEW_NET)
    pid = os.fork()
    if pid:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _end_as(os.waitpid(pid, 0)[1])
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NOSUID, "size=1m,mode=755")
    for path in reading:
        _show(path, root)
    for secret in hidden:
        if (place := root / str(secret).lstrip("/")).exists():
            _mount("tmpfs", place, "tmpfs", _NOSUID, _NOTHING)
    outside = root / _OUTSIDE.strip("/")
    for empty in (outside, root / "proc", root / "tmp", root / "dev" / "shm", root / folder.lstrip("/")):
        empty.mkdir(parents=True, exist_ok=True)
    _show_devices(root)
    _call("mount_setattr", str(root), _ATTRIBUTE_READ_ONLY | _ATTRIBUTE_NOSUID)
    _mount("proc", root / "proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    _mount(folder, root / folder.lstrip("/"), None, _BIND)
    _call("pivot_root", str(root), str(outside))
    os.chdir("/")


def _end_as(status: int) -> NoReturn:
    """End like a child whose status is this: who waits for us learns whether it was killed, and by what."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


class Pids:
    """Forks processes that are each the first one of a namespace of their own."""

    def __init__(self) -> None:
        self._ours = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        """As ``os.fork``; the child is process 1 of a new namespace.

        Raises:
            OSError: if there can be no more of them.
        """
        _call("unshare", _NEW_PIDS)
        pid = -1
        try:
            pid = os.fork()
            return pid
        finally:
            if pid:
                _call("setns", self._ours, _NEW_PIDS)  # the next child is the first one of the next


def settle(folder: str, scratch: str, files: Sequence[str], *, memory_mb: int = 64) -> list[str]:
    """A worker's part: see itself alone, its own folder, and its own files; have nobody's network and IPC objects.

    Args:
        folder: as for ``enter``.
        scratch: the worker's own folder, in it.
        files: files and folders of the machine that it may read.
        memory_mb: most that the files in its memory take, in MiB.

    Returns:
        Where those files are now.

    Raises:
        OSError: if the kernel refuses.
    """
    _call("unshare", _NEW_MOUNTS | _NEW_UTS | _NEW_IPC | _NEW_NET)
    _call("sethostname", "localhost")  # a name that gloo finds
    _bring_up("lo")
    _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    for name in ("tcp_rmem", "tcp_wmem"):
        # Else what waits in a socket, and counts for no process, grows to many times the default.
        with contextlib.suppress(OSError):
            (_SETTINGS / "net/ipv4" / name).write_text(_TCP_BYTES, encoding="ascii")
    _mount("tmpfs", "/dev/shm", "tmpfs", _NOSUID | _NODEV, f"size={memory_mb}m,mode=1777")  # noqa: S108
    own = os.open(scratch, os.O_PATH | os.O_CLOEXEC)
    try:
        _mount("tmpfs", folder, "tmpfs", _NOSUID | _NODEV, _NOTHING)
        Path(scratch).mkdir()
        _mount(f"/proc/self/fd/{own}", scratch, None, _BIND)
    finally:
        os.close(own)
    found = []
    for number, path in enumerate(files):
        place = Path(folder, f"files-{number}", Path(path).name)
        _place_for(f"{_OUTSIDE}{path}", place)
        _mount(f"{_OUTSIDE}{path}", place, None, _BIND | _RECURSIVE)
        _call("mount_setattr", str(place), _ATTRIBUTE_READ_ONLY | _ATTRIBUTE_NOSUID)
        found.append(str(place))
    _call("umount2", _OUTSIDE, _DETACH)
    os.chdir(scratch)
    return found


def _leave_users() -> None:
    """Go into a namespace of users in which all that are here have the same numbers."""
    ids = {which: identity.ranges(which) for which in ("uid", "gid")}
    is_root = os.geteuid() == 0
    if not is_root:  # an ordinary user can take along but itself
        ids = {"uid": [(os.geteuid(), 1)], "gid": [(os.getegid(), 1)]}
    # Whoever takes others along must stay outside itself to do so: a child writes the two lists.
    ready, done = os.pipe(), os.pipe()
    ours, scribe = os.getpid(), os.fork()
    if scribe == 0:
        try:
            os.read(ready[0], 1)
            if not is_root:
                Path(f"/proc/{ours}/setgroups").write_text("deny", encoding="ascii")
            for which, ranges in ids.items():
                text = "".join(f"{first} {first} {count}\n" for first, count in ranges)
                Path(f"/proc/{ours}/{which}_map").write_text(text, encoding="ascii")
            os.write(done[1], b"+")
            os._exit(0)
        finally:
            os._exit(1)
    try:
        os.close(done[1])
        _call("unshare", _NEW_USER)
        os.write(ready[1], b"+")
        written = os.read(done[0], 1)
    finally:
        for descriptor in (*ready, done[0]):
            os.close(descriptor)
        status = os.waitpid(scribe, 0)[1]
    if os.WIFSIGNALED(status):  # somebody outside has killed it: that says nothing about this machine
        _end_as(status)
    if not written:
        raise PermissionError("the kernel takes no list of users")


def _show(path: str, root: Path) -> None:
    """Have a file or folder at its place below a new root, with the links that lead there; what is not there, not."""
    if path.startswith("/proc") or not os.path.lexists(path):
        return
    for part in (*[*Path(path).parents][-2::-1], Path(path)):
        if part.is_symlink():
            place = root / str(part).lstrip("/")
            if not os.path.lexists(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(part.readlink())
            _show(os.path.normpath(part.parent / part.readlink() / Path(path).relative_to(part)), root)
            return
    place = root / path.lstrip("/")
    if not place.exists():  # else it lies in what is there already
        _place_for(path, place)
        _mount(path, place, None, _BIND | _RECURSIVE)


def _place_for(path: str, place: Path) -> None:
    """Make the folder, or the empty file, that something can be mounted on."""
    if Path(path).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def _show_devices(root: Path) -> None:
    """Have the devices that processes need, and those of GPUs."""
    for device in [*(Path("/dev", name) for name in _DEVICES), *Path("/dev").glob("nvidia*")]:
        _show(str(device), root)
    for name, target in _STREAMS.items():
        (root / "dev" / name).symlink_to(target)


def _bring_up(name: str) -> None:
    """Have a network's interface carry data; gloo's processes talk to each other by the loop-back one."""
    request = struct.pack("16sH14x", name.encode(), _IFF_UP)  # struct ifreq
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def _mount(
    source: str | Path | None, target: str | Path, kind: str | None, flags: int, options: str | None = None
) -> None:
    _call("mount", str(source) if source else "none", str(target), kind, flags, options)


def _call(name: str, *arguments: str | int | None) -> None:
    """Call one of the C library's functions, or one of the kernel's that it lacks.

    Raises:
        OSError: if it fails, with its name.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    given = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    if name == "sethostname":
        result = libc.sethostname(given[0], ctypes.c_size_t(len(given[0])))  # type: ignore[arg-type]
    elif name == "pivot_root":
        result = libc.syscall(_PIVOT_ROOT[platform.machine()], *given)
    elif name == "mount_setattr":
        path, attributes = given
        wanted = struct.pack("=QQQQ", attributes, 0, 0, 0)  # struct mount_attr
        result = libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, path, _AT_RECURSIVE, wanted, ctypes.c_size_t(len(wanted)))
    elif name == "mount":
        *names, flags, options = given
        result = libc.mount(*names, ctypes.c_ulong(flags), options)  # type: ignore[arg-type]
    else:
        result = getattr(libc, name)(*given)
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
