"""One submission, one judge: a pytest of its own, which reads nothing of it as configuration.

Our ini, our plugins by name, no conftest, a scrubbed environment, the root folder as working folder, and a copy of
``solutions/`` as data. Each of these closes a way that was seen to work: ``conftest.py`` and ini values,
``PYTEST_ADDOPTS``, a module in the working folder that shadows one of ours, a plugin announced by an entry point.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from ptassess import finishing, render, resume, sources, store, workplace
from ptassess.entries import opened
from ptassess.errors import Interrupted, PtassessError
from ptassess.resume import FINDINGS, LOG, PAGE, RUN, Graded, Mark
from ptassess.running import judges
from ptassess.sandbox import folders, processes
from ptassess.sandbox.cleaning import one_line
from ptassess.submission import Submission

if TYPE_CHECKING:
    from ptassess.entries import Name
    from ptassess.finishing import Finisher
    from ptassess.result import Run
    from ptassess.resume import Wanted

INI = Path(__file__).with_name("grading.ini")

_RESULT, _FACTS = "result.json", "facts.json"
# What is made of a submission, and what it is called when it is finished: the run file first.
_MADE = {_RESULT: RUN, PAGE: PAGE, LOG: LOG, FINDINGS: FINDINGS, sources.NAME: sources.NAME}
_OPTIONAL = (FINDINGS,)
_LINE = 400  # characters of a reason
_SEED_BITS = 48  # fits a double exactly, so that no JSON reader can bend it

# What a judge needs of its environment; everything else, PYTEST_* and PYTHON* first of all, could steer it.
_KEPT = (
    "PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES",
    "XDG_CONFIG_HOME",  # where private keys lie, which the wall hides
    # Where the engine of the isolation level `container` is, and of what its containers are made.
    "PTASSESS_IMAGE", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What is the same for all submissions that are graded together.

    Args:
        out: folder for the results, resolved.
        targets: folders of the checks.
        exam: file or name of the exam.
        exam_seed: seed of the quiz; None for the exam's.
        isolation: the least isolation to accept.
        packs: more challenges.
        seconds: after which a judge is ended.
        wanted: what the results have to be of.
    """

    out: Path
    targets: tuple[Path, ...]
    exam: str
    exam_seed: int | None
    isolation: str | None
    packs: tuple[Path, ...]
    seconds: float
    wanted: Wanted


@dataclass(frozen=True)
class _End:
    """How a judge ended: with which status, None if it had to be ended, and what it has made."""

    status: int | None
    attempt: Path
    run: Run | None

    @property
    def killed(self) -> str:
        """The signal that it was killed by; empty if it was not."""
        if self.run or self.status is None or self.status >= 0:
            return ""
        return f"{signal.strsignal(-self.status)}, signal {-self.status}"


def judge(path: Path, *, batch: Batch, names: dict[Path, Name]) -> Graded:
    """Judge a submission and store its result; a bad one is an entry with its reason.

    Args:
        path: of the submission.
        batch: that it belongs to.
        names: what each submission of it is called.
    """
    name = names[path]
    place = batch.out / name.folder
    try:
        with judges.one_more(batch.out):
            room = Path(tempfile.mkdtemp(prefix=workplace.room_prefix(batch.out)))
            room.chmod(0o711)  # the users that workers become pass through it to their own folders
            (room / "copy").mkdir(mode=0o700)
            try:
                return _judge(path, name, place, room, batch)
            finally:
                folders.remove(room)
    except Interrupted as error:
        return Graded(name=name.candidate, reason=str(error))
    except (PtassessError, OSError) as error:
        return _refused(batch, name, error if isinstance(error, PtassessError) else _told(error))
    except Exception as error:  # noqa: BLE001  one submission's trouble is not the end of the others' grading
        return _refused(batch, name, f"{type(error).__name__}: {error}")


def scrubbed_environment() -> dict[str, str]:
    """The judge's environment: what it needs, and nothing that could steer it."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PY_COLORS": "0", "COLUMNS": "100"}


def _judge(path: Path, name: Name, place: Path, room: Path, batch: Batch) -> Graded:
    taken = opened(path, room / "archive").facts(copy=room / "copy" / name.folder / "solutions")
    (room / _FACTS).write_bytes(msgspec.json.encode(msgspec.structs.replace(taken, name=name.folder)))
    digest = taken.digest
    seed = secrets.randbits(_SEED_BITS) if batch.wanted.seed is None else batch.wanted.seed
    of = batch.wanted.key(digest, name.candidate)
    known = resume.marked(place, of)
    resume.mark(place, Mark(of=of, begun=known.begun + 1))  # a grader that is killed from here on leaves it behind
    killed = ""
    try:
        for number in range(resume.TRIES):
            end = _run(name, place, room, batch, seed)
            if not end.killed:
                break
            killed = f"its judge was killed ({end.killed}), by it or from outside, {number + 1} times before; "
    except BaseException:  # an interrupt is no sign of anything
        resume.mark(place, known if known.begun else None)
        raise
    if end.run is None or not end.run.complete:
        return _no_result(end, place, name, batch, of)
    changed = "" if _is_still(path, digest, room) else "it has changed since: the same command grades it again"
    remark = (killed + changed).removesuffix("; ")
    judged = Graded(name=name.candidate, run=end.run, attempt=end.attempt, seed=seed, remark=remark)
    finisher = finishing.at_work(batch.out)  # elsewhere than in the process that grades there is none
    return finish(judged, place, finisher) if finisher else judged


def finish(judged: Graded, place: Path, finisher: Finisher) -> Graded:
    """Give a judged run its last word, and make it the result.

    Args:
        judged: what its judge has left.
        place: the folder of its results.
        finisher: of the batch.

    Raises:
        UserError: if it cannot be written.
        OSError: likewise, or if the attempt has been taken away by a later start.
    """
    assert judged.run is not None
    assert judged.attempt is not None
    run = finisher.finish(judged.run, judged.seed, judged.attempt / _RESULT, judged.attempt / PAGE)
    if run.findings:
        render.write_findings(run, judged.attempt / FINDINGS, PAGE)
    _publish(judged.attempt, place)
    notes: tuple[str, ...] = ()
    with contextlib.suppress(OSError):  # from here on it is finished, whatever else goes wrong
        resume.mark(place, None)
        notes = finisher.tell(run, place / RUN)
    return replace(judged, run=run, notes=notes, attempt=None).at(place)


def _no_result(end: _End, place: Path, name: Name, batch: Batch, of: str) -> Graded:
    """Keep the log, and nothing that could be taken for a result."""
    log = place / LOG
    reason = _reason(end.attempt / LOG, log, end.status, batch.seconds)
    if end.killed:
        reason = (
            f"its judge was killed {resume.TRIES} times in a row ({end.killed}), by it or from outside, as where "
            f"memory runs out; the same command tries again; see {log}"
        )
    elif end.run is not None:
        # Its score would be that of the part which a solution, by ending the judge, may have chosen.
        reason = f"only a part of its checks ran: {reason}"
    if workplace.obstacle(batch.out):
        return _refused(batch, name, reason)
    if (end.attempt / LOG).is_file():
        (end.attempt / LOG).replace(log)
    folders.remove(end.attempt)
    resume.forget(place)
    if end.status is None:  # an hour may have gone into it: it is not done again without being asked for
        resume.mark(place, Mark(of=of, reason=reason))
    return Graded(name=name.candidate, reason=reason)


def _run(name: Name, place: Path, room: Path, batch: Batch, seed: int) -> _End:
    """Run a judge once, in a folder of its own beside the result."""
    for attempt in place.glob(f"{workplace.ATTEMPT}*"):  # one that was killed
        folders.remove(attempt)
    attempt = Path(tempfile.mkdtemp(prefix=workplace.ATTEMPT, dir=place))
    result, log = attempt / _RESULT, attempt / LOG
    command = [
        sys.executable, "-P", "-m", "pytest",
        "-c", str(INI), "--rootdir", str(INI.parent), "--noconftest",
        "-p", "ptassess.pytest_plugin",
        "--ptassess-door", "graded", "--ptassess-parent", str(os.getpid()),
        "--submission", str(room / "copy" / name.folder), "--ptassess-facts", str(room / _FACTS),
        f"--candidate={name.candidate}", "--run-file", str(result),
        "--exam", batch.exam,
        *(["--exam-seed", str(batch.exam_seed)] if batch.exam_seed is not None else []),
        *(["--isolation", batch.isolation] if batch.isolation else []),
        *(argument for pack in batch.packs for argument in ("--pack", str(pack))),
        *map(str, batch.targets),
    ]  # fmt: skip
    status = _wait(command, log, room, batch, seed)
    workplace.end_processes(room)
    sources.write(sources.read(Submission.open(room / "copy" / name.folder)), attempt / sources.NAME)
    run = store.read(result) if result.is_file() else None
    if run is None:
        judges.go_on(batch.out)  # it may be us who have ended it
    return _End(status, attempt, run)


def _wait(command: list[str], log: Path, room: Path, batch: Batch, seed: int) -> int | None:
    """Run a judge; gives its exit status, or None if it did not end in time.

    Its seed reaches it through a pipe, which no other process can read.
    """
    reading, writing = os.pipe()
    try:
        os.write(writing, f"{seed}\n".encode())
        os.close(writing)
        with log.open("wb") as stream:
            process = judges.start(
                batch.out,
                lambda: subprocess.Popen(  # noqa: S603  our own interpreter; the submission is an argument, no command
                    [*command, "--seed", f"fd:{reading}"],
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env=scrubbed_environment() | {folders.ROOM: str(room)},
                    cwd="/",
                    pass_fds=(reading,),
                    start_new_session=True,  # Ctrl-C in the terminal is the grader's to handle
                ),
            )
        try:
            return process.wait(batch.seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                processes.kill_tree(process.pid)
                process.wait()
            judges.ended(process)
    finally:
        os.close(reading)


def _publish(attempt: Path, place: Path) -> None:
    """Make what a judge has made the result: the run file last, in one step.

    Raises:
        OSError: if it cannot be written, or the attempt has been taken away by a later start.
    """
    for made, name in reversed(_MADE.items()):
        if made in _OPTIONAL and not (attempt / made).is_file():
            (place / name).unlink(missing_ok=True)  # of a result before this one
        else:
            (attempt / made).replace(place / name)
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    folders.remove(attempt)


def _is_still(path: Path, digest: str, room: Path) -> bool:
    """Whether a submission is what it was when it was copied."""
    try:
        return opened(path, room / "again").facts().digest == digest
    except (PtassessError, OSError):
        return False


def _refused(batch: Batch, name: Name, reason: object) -> Graded:
    """An entry for what could not even be judged; an earlier result of it is none any more."""
    place = batch.out / name.folder
    blocked = workplace.obstacle(batch.out)
    try:
        if blocked:
            resume.mark(place, None)
        else:
            resume.forget(place)
    except OSError as error:
        reason = f"{reason}; {_told(error)}"
    return Graded(name=name.candidate, reason=one_line(str(reason), _LINE), blocked=blocked)


def _told(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _reason(log: Path, kept: Path, status: int | None, seconds: float) -> str:
    if status is None:
        return f"its judge did not end within {seconds:.0f} s and was ended; see {kept}"
    if status == pytest.ExitCode.INTERRUPTED:
        return f"its judge was interrupted; see {kept}"
    try:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    said = next((line for line in lines if line.startswith("ERROR: ")), lines[-1] if lines else "it said nothing")
    return f"{one_line(said.removeprefix('ERROR: '), _LINE)} (pytest ended with status {status}; see {kept})"
