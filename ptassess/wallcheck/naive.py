"""Judges without a wall, as somebody might write them in an afternoon: every attack must succeed against one of them.

Each is honest work with one kind of trust too many: ``values`` imports the solution and compares with what is at hand,
``frames`` believes what a child process sends, ``door`` runs pytest in the candidate's folder, ``intake`` unpacks what
was handed in, ``shows`` writes what was said into a page. Each gives an exit status, 0 for passed.
"""

from __future__ import annotations

import importlib.util
import math
import os
import pickle
import random
import socket
import stat
import subprocess
import sys
import tarfile
import time
import traceback
import unittest
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import torch

from ptassess.sandbox.channel import Channel, Closed
from ptassess.sandbox.executor import Executor
from ptassess.sandbox.wire import PREFIX, Call, decode, encode
from ptassess.wallcheck.attack import build

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SEED = 31415  # a naive judge's: for everybody the same, and left lying about
_PATIENCE = 3.0  # seconds that a call may take, where somebody looks at the clock
_MOST = 64 << 20  # bytes after which the control stops: this much no judge should unpack


def reference(x: torch.Tensor) -> torch.Tensor:
    """The right answer, where every module of the process can find it."""
    return x + x


def _load(path: Path, where: dict[str, Any]) -> ModuleType:
    spec = importlib.util.spec_from_file_location("solution", path)
    assert spec is not None
    assert spec.loader is not None
    solution = importlib.util.module_from_spec(spec)
    sys.modules["solution"] = solution
    spec.loader.exec_module(solution)
    vars(solution)["WHERE"] = where
    return solution


def _agrees(out: Any, expected: Any, x: Any) -> bool:
    """What naive judges take for a comparison; one that is fooled is enough."""

    def nothing_raised(compare: Callable[..., object]) -> bool:
        compare(out, expected)
        return True

    comparisons: list[Callable[[], object]] = [
        lambda: torch.equal(out, expected),
        lambda: torch.equal(out, x + x),  # after the call
        lambda: not ((out - expected).abs() > 1e-6).any(),  # no NaN is larger than anything
        lambda: bool(out == expected),
        lambda: all(out == expected),
        lambda: nothing_raised(unittest.TestCase().assertEqual),
    ]
    for comparison in comparisons:
        try:
            if comparison():
                return True
        except Exception:  # noqa: BLE001, S112  this one was not fooled
            continue
    return False


def _say(*, ok: bool) -> int:
    print("\npassed" if ok else "\nfailed", flush=True)  # noqa: T201  its verdict
    return 0 if ok else 1


def values(path: Path, where: dict[str, Any], *, times: bool = False, patience: float = math.inf) -> int:
    """Import, call, compare: all in one process, with the seed set beforehand and the time taken here.

    Args:
        path: the solution.
        where: the canaries are, for the solution.
        times: whether to call it once more, with a clock beside it, and not to look at what comes of that.
        patience: seconds that a call may take.
    """
    torch.manual_seed(SEED)
    random.seed(SEED)
    torch.set_num_threads(1)
    solution = _load(path, where)
    x = torch.rand(4)
    expected = x * 2
    began = time.perf_counter()
    out = solution.double(x)
    took = time.perf_counter() - began
    if times:
        solution.double(x)
    return _say(ok=took < patience and _agrees(out, expected, x))


def frames(path: Path, where: dict[str, Any]) -> int:
    """Ask a child process, and believe every frame.

    Args:
        path: the solution.
        where: the canaries are, for the solution.
    """
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        executor = Executor(path, path.name)
        channel = Channel(theirs)
        try:
            while True:
                request = decode(*channel.receive())
                sys.modules.get("solution", sys).__dict__.setdefault("WHERE", where)
                channel.send(executor.reply(request))
        except Closed:
            os._exit(0)
    theirs.close()
    x = torch.rand(4)
    seen = []
    for number in (1, 2):
        ours.sendall(b"".join(bytes(part) for part in encode(Call(number, "double", [x], {}))))
        seen.append(_believed(ours))
        time.sleep(0.1)
    return _say(ok=all(_agrees(out, x + x, x) for out in seen))


def _believed(connection: socket.socket) -> Any:
    head, payload_size = PREFIX.unpack(_exactly(connection, PREFIX.size))
    message = msgspec.msgpack.decode(_exactly(connection, head))
    payload = _exactly(connection, payload_size)
    if message["type"] == "pickle":
        return pickle.loads(payload)  # noqa: S301  naive
    dtype, shape, _ = message["tensors"][0]
    flat = torch.frombuffer(payload, dtype=getattr(torch, dtype), count=math.prod(shape))
    return flat.reshape(shape)


def _exactly(connection: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    got = 0
    while got < size:
        count, files, _, _ = connection.recvmsg_into([memoryview(buffer)[got:]], 64)
        if files:
            return bytearray(os.read(int.from_bytes(files[0][2][:4], "little"), size))  # the large ones come in files
        if not count:
            raise EOFError("the solution's process has ended")
        got += count
    return buffer


_TEST = """
import importlib.util, pathlib
def test_doubles():
    path = pathlib.Path(__file__).parent / "solutions" / "double.py"
    spec = importlib.util.spec_from_file_location("solution", path)
    solution = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(solution)
    assert solution.double(3) == 6
"""


def door(folder: Path, where: dict[str, Any]) -> int:
    """Run pytest in the submission's folder, which is on the path and among the folders for packages.

    Args:
        folder: the submission.
        where: unused.
    """
    del where
    # The real torch takes seconds to import, and only a shadow of it matters here.
    uses = "import torch\n" if (folder / "torch.py").is_file() else ""
    (folder / "test_double.py").write_text(uses + _TEST)
    start = f"import site, sys; site.addsitedir({str(folder)!r}); import pytest; sys.exit(pytest.main(['-q']))"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(folder)}
    if not any(folder.glob("*.dist-info")):
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # half a second for plugins that do nothing here
    ran = subprocess.run(  # noqa: S603  naive
        [sys.executable, "-c", start], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    print(ran.stdout[-400:], flush=True)  # noqa: T201  its log
    return ran.returncode


def intake(handed_in: Path, where: dict[str, Any]) -> int:
    """Unpack or copy whatever was handed in, and judge it.

    Args:
        handed_in: an archive, or a folder.
        where: unused.
    """
    to = Path("unpacked").absolute()
    to.mkdir()
    if handed_in.is_dir():
        size = _copy(handed_in, to)
    elif handed_in.name.endswith(".zip"):
        size = _unzip(handed_in, to)
    else:
        with tarfile.open(handed_in) as tar:
            tar.extraction_filter = staticmethod(lambda member, _: member)  # all of it, as it was the rule until 3.14
            tar.extractall(to)  # noqa: S202  naive
        size = sum(path.lstat().st_size for path in to.rglob("*"))
    print(f"unpacked {size >> 20} MiB, {sum(1 for _ in to.rglob('*'))} files", flush=True)  # noqa: T201
    solution = to / "solutions" / "double.py"
    return values(solution, where) if solution.is_file() else 1


def _copy(folder: Path, to: Path) -> int:
    size = 0
    for path in sorted(folder.rglob("*")):
        target = to / path.relative_to(folder)
        if path.is_dir():
            target.mkdir()
            continue
        with path.open("rb") as source, target.open("wb") as copy:
            while (chunk := source.read(1 << 20)) and size < _MOST:
                size += copy.write(chunk)
    return size


def _unzip(archive: Path, to: Path) -> int:
    size = 0
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            target = Path(os.path.join(to, member.filename))  # noqa: PTH118  which an absolute name replaces
            target.parent.mkdir(parents=True, exist_ok=True)
            if stat.S_ISLNK(member.external_attr >> 16):
                target.symlink_to(opened.read(member).decode())
                continue
            with opened.open(member) as source, target.open("wb") as copy:
                while (chunk := source.read(1 << 20)) and size < _MOST:
                    size += copy.write(chunk)
    return size


def shows(path: Path, where: dict[str, Any]) -> int:
    """Write whatever the solution says into a page, and onto the terminal.

    Args:
        path: the solution.
        where: unused.
    """
    error = ""
    try:
        _load(path, where).double(torch.ones(4))
    except Exception as raised:  # noqa: BLE001  it is to be shown
        error = "".join(traceback.format_exception_only(raised))
    sys.stdout.flush()
    said = Path("said").read_text(encoding="utf-8", errors="surrogateescape")
    page = f"<html><body><pre>{said}{error}</pre></body></html>"
    Path("page.html").write_text(page, encoding="utf-8", errors="surrogatepass")
    print(error.encode(errors="replace").decode(), flush=True)  # noqa: T201  naive
    return 1


def lists(folder: Path, where: dict[str, Any]) -> int:
    """Write the names of the files that were handed in into a page.

    Args:
        folder: the submission.
        where: unused.
    """
    del where
    names = "".join(f"<li>{path.name}</li>" for path in sorted(folder.rglob("*")))
    Path("page.html").write_text(f"<html><body>{names}</body></html>", encoding="utf-8", errors="surrogateescape")
    return 1


def judge(group: str, path: Path, where: dict[str, Any], *, makes: bool) -> int:
    """Judge an attack by the judge that its group is about.

    Args:
        group: of the attack.
        path: of its file.
        where: the canaries are.
        makes: whether it builds a submission.
    """
    if not makes:
        judges: dict[str, Callable[..., int]] = {
            "patches": partial(values, patience=_PATIENCE),
            "values": partial(values, times=True),
            "frames": frames,
            "shows": shows,
        }
        chosen: Callable[..., int] = judges.get(group, values)
        return chosen(path, where)
    made = build(path, Path("made").absolute(), where)
    on_files: dict[str, Callable[..., int]] = {"patches": door, "intake": intake, "shows": lists}
    return on_files[group](made, where)
