"""What an attack must not touch: files, memory, sockets, a process; each holds a secret that would be of use to it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ptassess.wallcheck import kernel, traces

FACTOR = 2.0  # last word of every secret: what the tensor has to be multiplied with, which no attack knows by itself
_MODE = 0o600  # of the files
_STATE = "TtZX"  # of proc(5): stopped, dead
_DEV_SHM = Path("/dev/shm")  # noqa: S108  where POSIX shared memory lies


class Canaries:
    """A set of them, and the bystander that holds some.

    Args:
        folder: an empty one, for those that are files.
    """

    def __init__(self, folder: Path) -> None:
        self.secret = f"CANARY {secrets.token_hex(8)} {FACTOR}"
        self.mark = _claimed()
        self._key = 0x50540000 | int(self.mark[-4:])
        name = _named(self.mark)
        self._name = name
        self._home: Path | None = None
        text = self.secret
        files = {
            "file": folder / "judges" / "secret",
            "reference": folder / "pack" / "double" / "private" / "reference.py",
            "checks": folder / "pack" / "double" / "private" / "test_double_private.py",
            "other": folder / "submissions" / "other" / "solutions" / "double.py",
        }
        with contextlib.suppress(OSError):
            self._home = Path(tempfile.mkdtemp(prefix=".ptassess-canary-", dir=Path.home()))
            files["home"] = self._home / "secret"
        if _DEV_SHM.is_dir():
            files["dev_shm"] = _DEV_SHM / name
        for key, path in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            source = f'SECRET = "{text}"\n\n\ndef double(x):\n    return x * float(SECRET.split()[-1])\n'
            path.write_text(source if path.suffix == ".py" and key != "checks" else f"# {text}\n", encoding="utf-8")
            path.chmod(_MODE)
        self._files = files
        loose: dict[str, Any] = {}
        with contextlib.suppress(OSError):
            loose["system_v"] = kernel.share_memory(self._key, text.encode()) and self._key
        if kernel.open_queue(f"/{name}", text.encode()):
            loose["queue"] = f"/{name}"
        with contextlib.suppress(OSError):
            loose["key"] = kernel.add_key(name, text.encode())
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("bystander.py")), str(folder), text]
        self._bystander = subprocess.Popen(  # noqa: S603  our own interpreter and file
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"CANARY": text},
            start_new_session=True,
        )
        assert self._bystander.stdout is not None
        told = json.loads(self._bystander.stdout.readline())
        self.where: dict[str, Any] = (
            {key: str(path) for key, path in files.items()} | loose | told | {"mark": self.mark, "folder": str(folder)}
        )
        self.watched: dict[str, Any] = {
            "files": {key: [str(path), path.read_text(encoding="utf-8")] for key, path in files.items()},
            "pid": told["pid"],
            "notes": str(folder / "notes"),
            "tuning": _tuning(told["pid"]),
            "mark": self.mark,
        }

    def close(self) -> None:
        """Remove all of it."""
        assert self._bystander.stdin is not None
        assert self._bystander.stdout is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._bystander.pid, signal.SIGCONT)
        for stream in (self._bystander.stdin, self._bystander.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        try:
            self._bystander.wait(2)
        except subprocess.TimeoutExpired:
            self._bystander.kill()
            self._bystander.wait()
        kernel.remove_system_v(self._key)
        kernel.remove_queue(f"/{self._name}")
        kernel.remove_key(self._name)
        for path in self._files.values():
            path.unlink(missing_ok=True)
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)
        traces.remove(self.mark)


def _named(mark: str) -> str:
    return f"ptassess-canary-{mark}"


def _claimed() -> str:
    """A mark that no other set here has: they would remove each other's, and a run has some hundred of them."""
    while True:
        mark = f"{traces.MARK}{1 + secrets.randbelow(9999):04}"  # 0000 is theirs who have no canaries
        if not _DEV_SHM.is_dir():
            return mark
        with contextlib.suppress(FileExistsError):
            (_DEV_SHM / _named(mark)).touch(_MODE, exist_ok=False)
            return mark


def _tuning(pid: int) -> list[Any]:
    """What somebody else can set for a process."""
    limits = [resource.prlimit(pid, number) for number in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU)]
    return [[list(limit) for limit in limits], sorted(os.sched_getaffinity(pid)), os.getpriority(os.PRIO_PROCESS, pid)]


def touched(watched: dict[str, Any]) -> list[str]:
    """What was touched so far; what can be counted, as often as it was.

    Args:
        watched: of ``Canaries``.
    """
    found = []
    for key, (path, content) in watched["files"].items():
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116  root reads what nobody may
            same = mode == _MODE and Path(path).read_text(encoding="utf-8") == content
        except OSError:
            same = False
        if not same:
            found.append(key)
    with contextlib.suppress(OSError):
        found += Path(watched["notes"]).read_text(encoding="utf-8").splitlines()
    pid = watched["pid"]
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
    except OSError:
        state = "X"
    if state in _STATE:
        found.append("stopped" if state in "Tt" else "killed")
    else:
        with contextlib.suppress(OSError):
            if _tuning(pid) != watched["tuning"]:
                found.append("tuning")
    return found
