"""What an attack may have left behind: processes, files, queues, keys. All of it carries a mark in its name."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sysconfig
import tempfile
from pathlib import Path

from ptassess.wallcheck import kernel

MARK = "31415"
"""Begins the mark of a run, four more digits follow: the name of whatever an attack leaves has it in it."""


def places() -> list[Path]:
    """Folders that the next candidate, or the judge, would look into."""
    home = Path.home()
    named = [
        *(Path(path) for path in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")),  # noqa: S108  whatever is there
        Path(tempfile.gettempdir()),
        home,
        home / ".cache",
        home / ".config",
        Path(sysconfig.get_path("purelib")),
        Path(sysconfig.get_path("stdlib")),
        Path(__file__).parents[1],
    ]
    return list(dict.fromkeys(path.resolve() for path in named if path.is_dir()))


def files(mark: str) -> list[Path]:
    """Files and folders whose names hold a mark.

    Args:
        mark: of the run.
    """
    found = []
    for place in places():
        with contextlib.suppress(OSError):
            found += [path for path in place.iterdir() if mark in path.name and "canary" not in path.name]
    return sorted(found)


def processes(mark: str) -> list[int]:
    """Processes whose command line holds a mark.

    Args:
        mark: of the run.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


def left(mark: str) -> list[str]:
    """Whatever is there that carries a mark, in words.

    Args:
        mark: of the run.
    """
    found = [f"process {pid}" for pid in processes(mark)]
    found += [f"file {path}" for path in files(mark)]
    found += kernel.system_v(int(mark))
    if kernel.open_queue(f"/{mark}", None):
        found.append("message queue")
    if kernel.find_key(mark) is not None:
        found.append("key")
    return found


def remove(mark: str) -> None:
    """Remove whatever carries a mark.

    Args:
        mark: of the run.
    """
    for pid in processes(mark):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for path in files(mark):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
    kernel.remove_system_v(int(mark))
    kernel.remove_queue(f"/{mark}")
    kernel.remove_key(mark)
