"""What a worker gives up before the first line of a candidate's code, at the level ``locked``; needs no root."""

from __future__ import annotations

import resource
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from ptassess.sandbox import landlock, seccomp

if TYPE_CHECKING:
    from collections.abc import Iterable

# Libraries and programs; what the interpreter, libc and torch look up on the way; nothing of other processes.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/opt/cuda")
_LOOKED_UP = (
    "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
    "/etc/hosts", "/etc/mime.types",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/filesystems",
    "/proc/sys/kernel/osrelease", "/proc/sys/vm/overcommit_memory", "/proc/driver/nvidia",
    "/sys/devices/system/cpu", "/sys/devices/system/node",
)  # fmt: skip
_SHARED_MEMORY = "/dev/shm"  # noqa: S108  where torch's data loaders hand tensors over
_LIBRARIES = ("site-packages", "dist-packages")
_MOST_FILES = 512
"""What a socket holds counts for no process, nor does a descriptor that waits in one, of which a user may have as many
as its processes may have open. A batch that other processes have loaded takes one a tensor while it lives: 256 would
end whoever keeps 60 batches of four."""
_KNOWS_TCP = 4  # version of Landlock, Linux 6.7

Network = Literal["none", "served", "own"]
"""``served``: sockets can be made, as servers' objects do before they are given one that listens, but neither bound nor
connected. ``own``: all can be done, for there is nobody there."""

_INTERNET = (seccomp.AF_UNIX, seccomp.AF_INET, seccomp.AF_INET6)
_FAMILIES: dict[Network, tuple[int, ...]] = {
    "none": (seccomp.AF_UNIX,),
    "served": _INTERNET,
    "own": (*_INTERNET, seccomp.AF_NETLINK),  # gloo asks which interfaces there are
}


class Confinement(msgspec.Struct, frozen=True):
    """What is left to a worker.

    Attributes:
        reading: files and folders, beside its own.
        listing: folders whose names can be seen, with those of all that is below.
        roots: the files and folders in which all of these lie, and links that lead to them.
        protected: processes that it cannot signal.
        disk_mb: the longest file that it can write, in MiB.
    """

    reading: tuple[str, ...]
    listing: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    protected: tuple[int, ...] = ()
    disk_mb: int = 1024


def why_not() -> str | None:
    """Why this machine cannot confine a worker, in one line; None if it can."""
    if sys.platform != "linux" or not landlock.version():
        return "needs Landlock: Linux 5.13 or newer with `landlock` in its list of security modules (lsm=)"
    return seccomp.why_not()


def confinement(*, hidden: Iterable[Path], protected: Iterable[int]) -> Confinement:
    """What workers need of this installation, without what is not for them.

    Args:
        hidden: folders that they must not read: private halves, submissions, whatever lies among the libraries.
        protected: the judge and its supervisor.
    """
    secrets = [path.resolve() for path in hidden]
    package = Path(__file__).resolve().parents[1]
    installed = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    named = [*_SYSTEM, sys.prefix, sys.base_prefix, *(path for path in installed if path), str(package)]
    # Where another installation's libraries are linked in. Not whatever else is on the path: a checkout holds more.
    named += [path for path in sys.path if Path(path).name in _LIBRARIES]
    roots = {Path(path).resolve() for path in named}
    outermost = [
        root for root in sorted(roots) if root.exists() and not any(root.is_relative_to(r) for r in roots - {root})
    ]
    reading = [path for root in outermost for path in without(root, secrets)]
    listing = [root for root in outermost if root not in reading]
    return Confinement(
        reading=(*map(str, reading), *_LOOKED_UP),
        listing=tuple(map(str, listing)),
        roots=(*map(str, outermost), *_LOOKED_UP, *named),
        protected=tuple(sorted(protected)),
    )


def keep_files_few() -> None:
    """Have few files open from now on, at whatever level."""
    _at_most(resource.RLIMIT_NOFILE, _MOST_FILES)


def _at_most(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def without(root: Path, hidden: Iterable[Path]) -> list[Path]:
    """The folders and files that make up a folder, but for some that lie in it.

    Args:
        root: the folder, with no link in its path.
        hidden: what is left out, with no links either.

    Returns:
        The folder itself if nothing of it is hidden; nothing if all of it is.
    """
    if any(root.is_relative_to(path) for path in hidden):
        return []
    inside = [path for path in hidden if path.is_relative_to(root)]
    if not inside:
        return [root]
    return [path for child in sorted(root.iterdir()) if not child.is_symlink() for path in without(child, inside)]


def confine(  # noqa: PLR0913  what depends on the worker
    found: Confinement,
    *,
    scratch: str,
    solution: Iterable[str],
    shared_memory: bool = True,
    network: Network = "none",
    timers: bool = True,
) -> None:
    """Give up all the rest, for good, for this process and all that it starts.

    Args:
        found: what is left.
        scratch: the worker's own folder.
        solution: the files or folders that it imports.
        shared_memory: whether it can have what holds memory and counts for no process: files in memory, as data loaders
            with workers do, and sockets.
        network: what of it is left.
        timers: whether it can have timers, which go on while it stands still and interrupt whoever runs.

    Raises:
        OSError: if the kernel refuses.
    """
    _at_most(resource.RLIMIT_FSIZE, found.disk_mb << 20)
    writing = (scratch, _SHARED_MEMORY) if shared_memory else (scratch,)
    landlock.keep_to(reading=(*found.reading, *solution), listing=found.listing, writing=writing, tcp=network == "own")
    if network == "served" and landlock.version() < _KNOWS_TCP:
        network = "none"
    # Among namespaces there is no path to others' files, and a worker's own are its own.
    seccomp.install(
        families=_FAMILIES[network] if shared_memory else (),
        streams_only=network == "served",
        protected=found.protected,
        metadata=network == "own",
        timers=timers,
    )
