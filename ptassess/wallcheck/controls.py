"""Controls: each attack against a judge without a wall, under a keeper that ends whatever comes of it.

Run as a module, with a plan and a place for the results: ``python -m ptassess.wallcheck.controls PLAN OUT``. That
process imports torch once and forks a keeper for each attack; a keeper is the subreaper of all below it, has canaries
of its own, and is killed with its whole tree if it takes too long. What an attack may take is bounded in its file: some
hundred MiB of memory, 300 processes, a second of everything else.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ptassess.errors import JudgeError
from ptassess.sandbox import processes
from ptassess.wallcheck import shown, traces
from ptassess.wallcheck.canaries import Canaries, touched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptassess.wallcheck.attack import Attack

_AT_ONCE = 3
_HANGS = 1.2  # seconds after which a judge is said to hang, if it is expected to
_SECONDS = 20.0  # after which any other is, on however busy a machine
_SETTLE = 0.1  # seconds for a daemon to come up
_PLAN_SECONDS = 300.0
_KEPT = 2000  # bytes from either end of what was written


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a judge without a wall.

    Attributes:
        status: exit status, minus the signal's number, or None if it hung.
        said: the first and the last of what it, or the attack, wrote.
        size: bytes of all that was written.
        processes: that were left.
        files: and queues and keys that were left.
        stuck: whether its folder could not be removed by Python.
        touched: canaries.
        proof: whether code that was only to be looked at has run.
        active: what its page, or its terminal, would do to a reader.
    """

    status: int | None
    said: str
    size: int
    processes: int
    files: list[str]
    stuck: bool
    touched: list[str]
    proof: bool
    active: list[str]


def run(attacks: Sequence[Attack], folder: Path) -> dict[str, Control]:
    """Run the controls of some attacks.

    Args:
        attacks: whose.
        folder: an empty one, to work in.

    Returns:
        What became of each, by the attack's name.

    Raises:
        JudgeError: if the controls themselves cannot be run.
    """
    plan = [
        {
            "name": a.name,
            "path": str(a.path),
            "group": a.group,
            "makes": a.makes,
            "runs": a.runs,
            "hangs": a.hangs,
            "told": a.located,
        }
        for a in attacks
    ]
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    command = [sys.executable, "-P", "-m", "ptassess.wallcheck.controls", str(folder)]
    ran = subprocess.run(  # noqa: S603  our own interpreter and module
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PLAN_SECONDS,
        start_new_session=True,
        env=os.environ | {"CANARY": "CANARY of controls 2.0"},
    )
    out = folder / "out.json"
    if not out.is_file():
        last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise JudgeError(f"the controls could not be run (status {ran.returncode}): {last}")
    return msgspec.json.decode(out.read_bytes(), type=dict[str, Control])


# -- what was found --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Success:
    """Whether an attack has succeeded where there is no wall.

    Args:
        ok: it has.
        cannot: why this machine cannot be attacked in this way at all, or empty.
        why: what was missing, or empty.
    """

    ok: bool
    cannot: str = ""
    why: str = ""


_REFUSED = re.compile(r"(PermissionError|OSError|FileNotFoundError|AttributeError|KeyError|ImportError)\b.*")


def success(attack: Attack, found: Control) -> Success:
    """Compare what became of a naive judge with what an attack's header says.

    Args:
        attack: with the header.
        found: what became of the judge.
    """
    missing = [wanted for wanted in attack.control if not _holds(wanted, found)]
    if not missing:
        return Success(ok=True)
    if attack.needs and (refused := _REFUSED.search(found.said)):
        return Success(ok=False, cannot=f"needs {attack.needs}: {refused.group()[:120]}")
    last = found.said.strip().splitlines()[-1:] or ["nothing"]
    return Success(ok=False, why=f"not seen: {', '.join(missing)}; status {found.status}, it said {last[0][:200]!r}")


def _holds(wanted: str, found: Control) -> bool:  # noqa: C901, PLR0911, PLR0912  one branch a word of the headers
    verdict = re.search(r"^(passed|failed)$", found.said, re.MULTILINE)
    match wanted.split():
        case ["passes"]:
            return found.status == 0 and bool(verdict) and verdict.group() == "passed"  # type: ignore[union-attr]
        case ["ends", "with", number]:
            return found.status == int(number)
        case ["says", "no", "verdict"]:
            return not verdict
        case ["breaks"]:
            return found.status not in (0, None) and not verdict
        case ["hangs"]:
            return found.status is None
        case ["leaves", "processes"]:
            return found.processes > 0
        case ["leaves", "its", "folder"]:
            return found.stuck or sys.version_info >= (3, 12)  # from 3.12 on Python removes such folders, too
        case ["leaves", "a", "proof"]:
            return found.proof
        case ["leaves", "a", "trace"]:
            return bool(found.files)
        case ["touches", *what]:
            return " ".join(what) in found.touched
        case ["writes", mebibytes, "MiB"]:
            return found.size >= int(mebibytes) << 20
        case ["unpacks", count, ("MiB" | "files") as unit]:
            told = re.search(rf"(\d+) {unit}", found.said)
            return bool(told) and int(told.group(1)) >= int(count)  # type: ignore[union-attr]
        case ["is", "active"]:
            return bool(found.active)
    return False


# -- the process that runs them --------------------------------------------------------------------------------


def main(folder: Path) -> None:
    """Run a plan's controls, some at a time.

    Args:
        folder: with ``plan.json``; ``out.json`` is written there.
    """
    from ptassess.wallcheck import naive  # noqa: F401  torch, once, for all keepers

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's jobs in the background ignore it
    atexit._clear()  # noqa: SLF001  torch's, which take a fifth of a control's time; a solution's own come later
    gc.collect()
    gc.freeze()  # else each fork's collector would write into pages that all of them share
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    waiting, running, results = list(plan), dict[int, tuple[str, Path]](), dict[str, Any]()
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            task = waiting.pop(0)
            name = task["name"]
            place = folder / name
            place.mkdir()
            pid = os.fork()
            if pid == 0:
                try:
                    _keep(task, place)
                except BaseException:  # noqa: BLE001  it is told, and must not go on as this process
                    sys.excepthook(*sys.exc_info())
                    os._exit(1)
                os._exit(0)
            running[pid] = (name, place)
        pid, _ = os.wait()
        if pid in running:
            name, place = running.pop(pid)
            results[name] = json.loads((place / "result.json").read_text(encoding="utf-8"))
            shutil.rmtree(place, ignore_errors=True)
    (folder / "out.json").write_text(json.dumps(results), encoding="utf-8")


def _keep(task: dict[str, Any], place: Path) -> None:
    """Run one control, in a process of its own that everything which it starts comes back to."""
    os.setsid()
    processes.become_subreaper()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = place / "work"
    work.mkdir()
    path = Path(shutil.copy(task["path"], place))  # some change their own file
    canaries = Canaries(_made(place / "canaries")) if task["told"] else None
    mark = canaries.mark if canaries else traces.MARK + "0000"
    where = canaries.where if canaries else {"mark": mark}
    spared = set(processes.descendants(os.getpid()))  # the bystander
    try:
        for number in range(task["runs"]):
            if number:
                (work / "said").unlink()
            status, left = _one(task, path, work, where, spared, is_last=number == task["runs"] - 1)
        written = (work / "said").read_bytes()
        said = (written[:_KEPT] + written[-_KEPT:] if len(written) > 2 * _KEPT else written).decode(errors="replace")
        page = work / "page.html"
        active = shown.in_page(page.read_text(encoding="utf-8", errors="surrogatepass")) if page.is_file() else []
        result = Control(
            status=status,
            said=said,
            size=len(written),
            processes=left,
            files=traces.left(mark),
            stuck=_is_stuck(work),
            touched=touched(canaries.watched) if canaries else [],
            proof=(work / task["name"]).exists(),
            active=active,
        )
    finally:
        if canaries:
            canaries.close()
        traces.remove(mark)
    (place / "result.json").write_bytes(msgspec.json.encode(result))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _is_stuck(work: Path) -> bool:
    try:
        shutil.rmtree(work / "d", ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", str(work / "d")], check=False)  # noqa: S603, S607  walks by file descriptor
        return True
    return False


def _one(  # noqa: PLR0913  what a control is made of
    task: dict[str, Any], path: Path, work: Path, where: dict[str, Any], spared: set[int], *, is_last: bool
) -> tuple[int | None, int]:
    """Judge once; gives the status and how many processes were left, which are ended at last."""
    reading, writing = os.pipe()

    def begin() -> None:
        _judge(task, path, work, where, (reading, writing))

    has_ancestors = task["group"] == "reaches"  # for attacks on them; a fork costs as much as half the rest
    outer = os.fork()
    if outer == 0 and has_ancestors:
        _stand_by(writing, lambda: _stand_by(writing, begin))
    elif outer == 0:
        begin()
    os.close(writing)
    deadline = time.monotonic() + (_HANGS if task["hangs"] else _SECONDS)
    ended = 0
    while time.monotonic() < deadline and not ended:
        ended, status = os.waitpid(outer, os.WNOHANG)
        if not ended:
            time.sleep(0.01)
    time.sleep(_SETTLE)
    code = None
    if ended:
        told = b"" if os.WIFSIGNALED(status) else os.read(reading, 64)
        code = int(told.split()[0]) if told else os.waitstatus_to_exitcode(status)
    os.close(reading)
    left = [pid for pid in processes.descendants(os.getpid()) if pid not in spared and not processes.is_dead(pid)]
    count = len(left) - (0 if ended else 3 if has_ancestors else 1)  # a judge that hangs, and its ancestors
    if is_last:
        _end_all(spared)
    return code, max(0, count)


def _stand_by(writing: int, begin: Callable[[], None]) -> None:
    """Start a child, wait for it and tell how it ended; unless a child of its own has told already."""
    child = os.fork()
    if child == 0:
        begin()
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        with contextlib.suppress(OSError):  # nobody wants to know any more
            os.write(writing, f"{code} ".encode())
    os._exit(0)


def _end_all(spared: set[int]) -> None:
    while strays := [pid for pid in processes.children(os.getpid()) if pid not in spared]:
        processes.end_children(strays)


def _judge(task: dict[str, Any], path: Path, work: Path, where: dict[str, Any], pipe: tuple[int, int]) -> None:
    """Become the judge."""
    os.setsid()
    for end in pipe:
        os.close(end)
    os.chdir(work)
    os.environ |= {"HOME": str(work), "TMPDIR": str(work), "CANARY": f"CANARY {where['mark']} 2.0"}
    # A file of the judge's own that is open, and what it and its solution write.
    secret = os.open("secret", os.O_RDWR | os.O_CREAT)
    os.write(secret, os.environ["CANARY"].encode())
    out = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    code = 1
    try:
        from ptassess.wallcheck import naive

        code = naive.judge(task["group"], path, where, makes=task["makes"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except KeyboardInterrupt:
        print("interrupted", flush=True)  # noqa: T201  as pytest does, which then runs nothing more
        code = 2
    except BaseException as error:  # noqa: BLE001  of the solution's; a naive judge ends with it
        with contextlib.suppress(BaseException):
            print(f"{type(error).__name__}: {error}"[:300], flush=True)  # noqa: T201
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    gc.collect()
    atexit._run_exitfuncs()  # noqa: SLF001  what the interpreter does when it ends; a fork has to do it by itself
    os._exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
