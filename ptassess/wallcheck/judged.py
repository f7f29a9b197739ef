"""The same attacks behind the wall: judged by pytest as the grading door does it, an honest solution after each."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ptassess import grading, judging
from ptassess.content import attacks_dir
from ptassess.errors import JudgeError
from ptassess.wallcheck import shown
from ptassess.wallcheck.attack import Attack, build
from ptassess.wallcheck.canaries import Canaries, touched
from ptassess.wallcheck.watch import PLAN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SECONDS = 300.0  # of one pytest process with all of them, on a busy machine
_HONEST = "def double(x):\n    return x + x\n"
_WRONG = "def double(x):\n    return x\n"
_BOUNDED = 140_000  # characters of one field of a result; the longest that are kept are a tenth of that


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attack behind the wall.

    Attributes:
        verdict: outcome and cause.
        wrong: everything that is not as it must be, a line each: none, and the attack is blocked.
        left: what was left over, of processes, files and objects of the kernel's.
    """

    verdict: str
    wrong: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def run(attacks: Sequence[Attack], level: str, folder: Path) -> dict[str, Judged]:
    """Judge attacks at exactly one level of isolation.

    Args:
        attacks: that the level must stop.
        level: its name.
        folder: an empty one, to work in; it must not be where workers may read.

    Returns:
        What became of each, by the attack's name.

    Raises:
        JudgeError: if a judge has not come to its end.
    """
    called = [a for a in attacks if not a.makes and a.group != "shows"]
    parts = (
        (called, _solutions),
        ([a for a in attacks if a.group == "shows"], _pages),
        ([a for a in attacks if a.makes and a.group == "patches"], _door),
        ([a for a in attacks if a.group == "intake"], _intake),
    )

    def judge_part(part: tuple[list[Attack], Callable[..., dict[str, Judged]]]) -> dict[str, Judged]:
        members, judge = part
        place = folder / judge.__name__.strip("_")
        place.mkdir()
        canaries = Canaries(place)
        try:
            _challenge(place, "double")
            return judge(members, level, place, canaries)
        finally:
            canaries.close()

    found: dict[str, Judged] = {}
    with ThreadPoolExecutor(2) as pool:  # the first one takes as long as all the others
        for judged in pool.map(judge_part, [part for part in parts if part[0]]):
            found |= judged
    return found


def _challenge(place: Path, slug: str) -> Path:
    """A challenge of that name, with the checks that all of them have."""
    home = place / "pack" / slug
    shutil.copytree(attacks_dir() / "pack", home, dirs_exist_ok=True)
    (home / "test_double.py").rename(home / f"test_{slug}.py")  # pytest knows a check by its file's name and its own
    return home


def _pytest(place: Path, arguments: Sequence[str | Path], canaries: Canaries) -> tuple[str, list[str]]:
    """Run pytest as the grading door does, with secrets in its environment and among its open files.

    Returns:
        What it said, and what is left in its folder for temporary files.
    """
    temporary = place / "tmp"
    temporary.mkdir()
    secret = place / "judges" / "secret"
    command = [
        *(sys.executable, "-P", "-m", "pytest", "-c", judging.INI, "--rootdir", judging.INI.parent, "--noconftest"),
        *("-p", "ptassess.pytest_plugin", *arguments),
    ]
    environment = judging.scrubbed_environment() | {
        "CANARY": canaries.secret,
        "TMPDIR": str(temporary),
        PLAN: str(place / "plan-of-watch.json"),
    }
    watch = {"watched": canaries.watched, "mark": canaries.mark, "out": str(place / "watch.jsonl")}
    (place / "plan-of-watch.json").write_text(json.dumps(watch), encoding="utf-8")
    with secret.open("rb") as file:
        ran = subprocess.run(  # noqa: S603  our own interpreter
            list(map(str, command)),
            capture_output=True,
            text=True,
            errors="surrogateescape",
            cwd="/",
            env=environment,
            pass_fds=[file.fileno()],
            timeout=_SECONDS,
            check=False,
        )
    locks = f"ptassess-{os.getuid()}"
    left = [f"folder {path.name}" for path in temporary.iterdir() if path.name != locks]
    return ran.stdout + ran.stderr, left


# -- solutions that are called ---------------------------------------------------------------------------------


def _solutions(attacks: Sequence[Attack], level: str, place: Path, canaries: Canaries) -> dict[str, Judged]:
    """All of them in one pytest process: what one does to the judge, the next one would suffer from."""
    solutions = place / "submissions"
    (solutions / "where.py").write_text(f"WHERE = {canaries.where!r}\n", encoding="utf-8")
    (solutions / "honest.py").write_text(_HONEST, encoding="utf-8")
    plan: list[dict[str, Any]] = []

    def add(name: str, file: Path, overlay: str | None, check: str) -> None:
        plan.append({"id": name, "solution": str(file), "overlay": overlay, "checks": [check]})

    add("first", solutions / "honest.py", None, "test_doubles")
    for attack in attacks:
        copy = Path(shutil.copy(attack.path, solutions))  # some change their own file
        at_once = attack.hangs or "timeout" in attack.causes  # nobody has to wait longer than needs be
        check = "test_doubles_at_once" if at_once else "test_doubles"
        for number in range(attack.runs):
            add(f"{attack.name}-{number}", copy, str(solutions / "where.py") if attack.located else None, check)
        add(f"{attack.name}-next", solutions / "honest.py", None, "test_doubles")
    (place / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    said, left = _pytest(
        place,
        [
            place / "pack" / "double" / "test_double.py",
            f"--ptassess-exactly={level}",
            f"--ptassess-matrix={place}/plan.json",
            f"--ptassess-matrix-out={place}/out.jsonl",
        ],
        canaries,
    )
    results = _by_entry(place / "out.jsonl", "id", "result")
    seen = _by_entry(place / "watch.jsonl", "name", None)
    first = results.get("first")
    if first is None or first["outcome"] != "passed":
        why = first["message"] if first else (said.strip().splitlines() or ["it said nothing"])[-1]
        raise JudgeError(f"an honest solution is not judged as passed at level {level}: {why}")
    judged = {}
    for attack in attacks:
        names = [*(f"{attack.name}-{number}" for number in range(attack.runs)), f"{attack.name}-next"]
        looked = [seen.get(name, {"touched": [], "left": ["(the judge did not come to look)"]}) for name in names]
        looked[-1]["left"] += left  # whose it is, nobody knows any more
        judged[attack.name] = _compared(attack, results.get(names[-2]), results.get(names[-1]), looked)
    return judged


def _by_entry(file: Path, key: str, value: str | None) -> dict[str, Any]:
    """Lines of JSON by the entry of the plan that they are about."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for line in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            name = line[key].partition("[")[2].partition("@")[0] if "[" in line[key] else line[key]
            found[name] = line[value] if value else line
    return found


def _compared(
    attack: Attack, result: dict[str, Any] | None, following: dict[str, Any] | None, looked: list[dict[str, Any]]
) -> Judged:
    if result is None:
        return Judged(verdict="none", wrong=("the judge did not come to a verdict",))
    verdict = f"{result['outcome']} {result['cause'] or ''}".strip()
    wrong = []
    if result["outcome"] != attack.outcome or (attack.causes and result["cause"] not in attack.causes):
        wanted = f"{attack.outcome} {' or '.join(attack.causes)}".strip()
        wrong.append(f"verdict: {verdict}, not {wanted} ({result['message'][:100]})")
    wrong += [
        f"its {field} is not fit to be shown"
        for field in ("message", "detail", "output")
        if shown.in_terminal(result[field]) or len(result[field]) > _BOUNDED
    ]
    if following is None or following["outcome"] != "passed":
        wrong.append("the next honest solution did not pass" + (f": {following['message'][:100]}" if following else ""))
    wrong += [f"touched: {what}" for look in looked for what in look["touched"]]
    left = tuple(what for look in looked for what in look["left"])
    return Judged(verdict=verdict, wrong=tuple(wrong), left=left)


# -- what is shown ---------------------------------------------------------------------------------------------


def _pages(attacks: Sequence[Attack], level: str, place: Path, canaries: Canaries) -> dict[str, Judged]:
    """One submission that answers a challenge by each of them, shown in every form that there is."""
    kit = place / "kit"
    (kit / "solutions").mkdir(parents=True)
    (kit / "solutions" / "double.py").write_text(_HONEST, encoding="utf-8")
    targets = [place / "pack" / "double"]  # for those that have names of files only
    for attack in attacks:
        if attack.makes:
            build(attack.path, kit, canaries.where)
        else:
            shutil.copy(attack.path, kit / "solutions")
            targets.append(_challenge(place, attack.name))
    said, at_end = _pytest(
        place,
        [
            *targets,
            *("--submission", kit, "--candidate", "<img src=pwned onerror=pwned()>\x1b[2J\u202e"),
            *("--run-file", place / "run.json", "--scorecard", place / "page.html"),
            *("--junitxml", place / "junit.xml", f"--ptassess-exactly={level}", "-k", "test_doubles and not at_once"),
        ],
        canaries,
    )
    forms = {"page.html": shown.in_page, "run.json": shown.in_json, "junit.xml": shown.in_xml}
    active = [f"the terminal has {what}" for what in shown.in_terminal(said)]
    for name, look in forms.items():
        try:
            text = (place / name).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            raise JudgeError(f"the judge wrote no {name}: {said.strip()[-200:]}") from None
        active += [f"{name} has {what}" for what in look(text)]
    checks = {check["challenge"]: check for check in json.loads((place / "run.json").read_text("utf-8"))["checks"]}
    seen = _by_entry(place / "watch.jsonl", "name", None).values()
    traces = [f"touched: {what}" for look in seen for what in look["touched"]]
    left = (*(what for look in seen for what in look["left"]), *at_end)
    judged = {}
    for attack in attacks:
        check = checks.get("double" if attack.makes else attack.name)
        verdict = "none" if check is None else f"{check['outcome']} {check['cause'] or ''}".strip()
        wrong = [*active, *traces]
        if not attack.makes and verdict != f"{attack.outcome} {' or '.join(attack.causes)}".strip():
            wrong.append(f"verdict: {verdict}")
        judged[attack.name] = Judged(verdict=verdict if active else f"{verdict}, inert", wrong=tuple(wrong), left=left)
    return judged


# -- what is handed in -----------------------------------------------------------------------------------------


def _door(attacks: Sequence[Attack], level: str, place: Path, canaries: Canaries) -> dict[str, Judged]:
    """One submission that brings all of it along; a file for each says whether anything of it was run."""
    kit = place / "kit"
    for attack in attacks:
        build(attack.path, kit, canaries.where)
    (graded,) = grading.grade([kit], place / "out", packs=[place / "pack"], only=["double"], isolation=level)
    outcomes = {check.outcome for check in graded.run.checks} if graded.run else {graded.reason}
    touches = [f"touched: {what}" for what in touched(canaries.watched)]
    judged = {}
    for attack in attacks:
        wrong = [] if outcomes == {"failed"} else [f"verdict: {' and '.join(sorted(outcomes))}"]
        if (place / attack.name).exists():
            wrong.append("its code was run")
        judged[attack.name] = Judged(verdict=" and ".join(sorted(outcomes)), wrong=(*wrong, *touches))
    return judged


def _intake(attacks: Sequence[Attack], level: str, place: Path, canaries: Canaries) -> dict[str, Judged]:
    """All of them, handed in to the door as one batch."""
    made = [build(a.path, place / "handed-in" / a.name, canaries.where) for a in attacks]
    before = set(touched(canaries.watched))
    rows = grading.grade(made, place / "out", packs=[place / "pack"], only=["double"], isolation=level)
    touches = [f"touched: {what}" for what in sorted(set(touched(canaries.watched)) - before)]
    judged = {}
    for attack, row in zip(attacks, rows, strict=True):
        wrong = ["it was accepted"] if row.run else []
        judged[attack.name] = Judged(
            verdict="accepted" if row.run else f"refused: {row.reason}", wrong=(*wrong, *touches)
        )
    return judged
