"""What can be said to pytest about an assessment: options, their ini values, and the settings that follow."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

Profile = Literal["smoke", "full", "gpu"]
Door = Literal["practice", "graded"]

_SEED_BITS = 48  # fits a double exactly, so that no JSON reader can bend it

# option, ini value, metavar, help. The ini value carries the same meaning; the command line wins.
_TEXT_OPTIONS = (
    ("--submission", "DIR", "the candidate's folder: it holds solutions/"),
    (
        "--isolation",
        "LEVEL",
        "the least isolation to accept: process, locked, namespaced, container (the strongest is used), or inprocess",
    ),
    (
        "--seed",
        "N",
        "run seed of the drawn inputs, to repeat a run; without it, a fresh one; fd:N reads it from a file descriptor",
    ),
    ("--profile", "NAME", "smoke (foundation and practitioner tasks), full (default) or gpu"),
    ("--device", "NAME", "what checks get as `device`: auto (default), cpu, cuda, mps, xpu"),
    ("--run-file", "FILE", "write the run, as JSON, to this file"),
    ("--scorecard", "FILE", "write the run, as an HTML page, to this file"),
    ("--candidate", "NAME", "the candidate's name; without it, the submission folder's"),
    ("--exam", "EXAM", "what is asked: an exam.toml, or the name of a ready exam; without it, everything"),
    ("--exam-seed", "N", "seed of quiz numbers and per-candidate coefficients; without it, the exam's"),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options and ini values of one pytest run, resolved.

    Args:
        submission: the candidate's folder, absolute, or None if none was named.
        isolation: the floor that was asked for, or None.
        seed: run seed.
        seed_given: whether somebody named it; else it was drawn and is secret.
        profile: which checks are offered.
        device: name of the device that was asked for.
        packs: extra challenge packs.
        run_file: where to write the run.
        scorecard: where to write the page.
        candidate: name.
        exam: file or name of the exam, or None for everything.
        exam_seed: None for the exam's own.
        tasks: the only tasks to run, as ``task`` or ``competency.task``; empty for all.
        door: which of the two doors this run came through.
        matrix: ``(plan, results)`` of an admission run.
        exactly: the level of isolation to have and no stronger one, or None.
        facts: what grading took of the submission when it made the copy that is judged.
        parent: process without which this one is to end, or None.
    """

    submission: Path | None
    isolation: str | None
    seed: int
    seed_given: bool
    profile: Profile
    device: str
    packs: tuple[Path, ...]
    run_file: Path | None
    scorecard: Path | None
    candidate: str | None
    exam: str | None
    exam_seed: int | None
    tasks: tuple[str, ...]
    door: Door
    matrix: tuple[Path, Path] | None
    exactly: str | None
    facts: Path | None
    parent: int | None


def add_options(parser: pytest.Parser) -> None:
    """Declare the options of group ``ptassess`` and an ini value for each.

    Args:
        parser: pytest's.
    """
    group = parser.getgroup("ptassess", "assess a submission with ptassess")
    for option, metavar, text in _TEXT_OPTIONS:
        group.addoption(option, metavar=metavar, default=None, help=text, dest=_dest(option))
        parser.addini(_dest(option), text)
    text = "a folder with more challenges; can be given several times"
    group.addoption("--pack", metavar="DIR", action="append", default=[], help=text, dest="ptassess_pack")
    parser.addini("ptassess_pack", text, type="args", default=[])
    text = "run only this task's checks: TASK or COMPETENCY.TASK; can be given several times"
    group.addoption("--task", metavar="NAME", action="append", default=[], help=text, dest="ptassess_task")
    parser.addini(
        "ptassess_min_coverage",
        "exit with status 11 if less than this share of the points was decided, in per cent",
        default="50",
    )
    # For ptassess itself: the door of `ptassess grade`, and the many-submissions runs of `ptassess check-challenges`.
    hidden = ("door", "parent", "facts", "matrix", "matrix-out", "exactly")
    for option in (f"--ptassess-{name}" for name in hidden):
        group.addoption(option, default=None, help="used by ptassess itself", dest=_dest(option))


def settings_of(config: pytest.Config) -> Settings:
    """Resolve the options of this run.

    Args:
        config: pytest's, after parsing.

    Raises:
        pytest.UsageError: for a value that cannot be used, in one line.
    """

    def path(option: str) -> Path | None:
        raw, base = _raw(config, option)
        return (base / Path(raw).expanduser()).resolve() if raw else None

    def text(option: str, default: str | None, among: tuple[str, ...] = ()) -> Any:
        raw = _raw(config, option)[0] or default
        if among and raw not in among:
            raise pytest.UsageError(f"{option} {raw}: choose one of {', '.join(among)}")
        return raw

    plan, results = path("--ptassess-matrix"), path("--ptassess-matrix-out")
    packs = [Path.cwd() / pack for pack in config.getoption("ptassess_pack")]
    packs += [config.rootpath / pack for pack in config.getini("ptassess_pack")]
    exam_seed, parent = text("--exam-seed", None), text("--ptassess-parent", None)
    return Settings(
        submission=path("--submission"),
        isolation=text("--isolation", None),
        seed=_seed(config),
        seed_given=_raw(config, "--seed")[0] is not None,
        profile=text("--profile", "full", get_args(Profile)),
        device=text("--device", "auto", ("auto", "cpu", "cuda", "mps", "xpu")),
        packs=tuple(pack.resolve() for pack in packs),
        run_file=path("--run-file"),
        scorecard=path("--scorecard"),
        candidate=text("--candidate", None),
        exam=_exam(config),
        tasks=tuple(config.getoption("ptassess_task")),
        exam_seed=None if exam_seed is None else _whole_number("--exam-seed", exam_seed),
        door=text("--ptassess-door", "practice", get_args(Door)),
        matrix=(plan, results) if plan and results else None,
        exactly=text("--ptassess-exactly", None),
        facts=path("--ptassess-facts"),
        parent=None if parent is None else _whole_number("--ptassess-parent", parent),
    )


def _dest(option: str) -> str:
    return "ptassess_" + option.removeprefix("--").removeprefix("ptassess-").replace("-", "_")


def _raw(config: pytest.Config, option: str) -> tuple[str | None, Path]:
    """The text that was given and the folder that a relative path in it starts from."""
    given = config.getoption(_dest(option))
    if given is not None:
        return given, Path.cwd()
    if option.startswith("--ptassess-"):
        return None, Path.cwd()
    return config.getini(_dest(option)) or None, config.inipath.parent if config.inipath else config.rootpath


def _exam(config: pytest.Config) -> str | None:
    raw, base = _raw(config, "--exam")
    # A file is named from where the option stands, a ready exam from anywhere.
    return str((base / raw).resolve()) if raw and raw.endswith(".toml") else raw


def _seed(config: pytest.Config) -> int:
    workerinput: Mapping[str, Any] = getattr(config, "workerinput", {})
    if "ptassess_seed" in workerinput:  # xdist: every worker draws what the controller committed to
        return int(workerinput["ptassess_seed"])
    raw = _raw(config, "--seed")[0]
    if raw is None:
        return secrets.randbits(_SEED_BITS)
    if raw.startswith("fd:"):  # a secret seed must not stand in a command line that other processes can read
        with os.fdopen(_whole_number("--seed fd:", raw[3:])) as pipe:
            raw = pipe.readline().strip()
    return _whole_number("--seed", raw)


def _whole_number(option: str, raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        raise pytest.UsageError(f"{option} {raw}: give a whole number") from None
