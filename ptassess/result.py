"""The run file's types: what one assessment of one submission on one machine found.

Facts are stored, scores are derived (``ptassess.scoring``): a changed weighting re-scores an old run without running
it again.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ptassess.challenge import LARGEST

SCHEMA_VERSION = 1

Outcome = Literal["passed", "failed", "error", "not attempted", "not assessed", "inconclusive"]
Cause = Literal["raised", "missing", "timeout", "memory", "crash", "protocol", "value"]
Role = Literal["value", "property"]
Stamp = Literal["practice", "graded", "verified"]

Credit = Annotated[float, msgspec.Meta(ge=0, le=1)]
Worth = Annotated[float, msgspec.Meta(gt=0, le=LARGEST)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]  # beyond, readers that use doubles bend whole numbers

DECIDED: frozenset[Outcome] = frozenset({"passed", "failed", "not attempted"})
"""Outcomes that count: an unattempted task is a decided zero. The others are about the machine or the judge."""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    Attributes:
        challenge: slug.
        task: name of the task.
        check: test name with its parameters, such as ``test_gradient_agrees[float64]``.
        nodeid: pytest's id, from our catalogue.
        private: whether only the grader has this check.
        role: ``property`` checks earn only if every value check of the task passed.
        weight: share inside the task, relative to the other checks.
        outcome: the verdict.
        cause: why it failed, where the wall knows.
        credit: 0 to 1; 1 for a pass unless the check said otherwise.
        seconds: wall time of the check, in seconds.
        worker_seconds: the part of it that the candidate's code had, in seconds.
        title: first line of the check's docstring, or its name in words.
        message: one line for the candidate; empty if passed.
        detail: more lines, cleaned.
        output: what the candidate's code printed, cleaned and capped.
        evidence: what was measured: JSON values by name.
        advisory: whether the verdict rests on what was seen beside the candidate's code (a meter).
    """

    challenge: str
    task: str
    check: str
    nodeid: str
    private: bool = False
    role: Role = "value"
    weight: Worth = 1.0
    outcome: Outcome
    cause: Cause | None = None
    credit: Credit = 0.0
    seconds: float = 0.0
    worker_seconds: float = 0.0
    title: str = ""
    message: str = ""
    detail: str = ""
    output: str = ""
    evidence: dict[str, Any] = {}
    advisory: bool = False


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was offered: a task as its challenge declared it at the time.

    Attributes:
        name: the function or class.
        points: weight beside other tasks.
        level: ``foundation``, ``practitioner`` or ``expert``.
        minutes: human minutes.
        kind: ``code`` or ``quiz``.
        checks: check names that belong to it in this run, so that a check that never reported is seen as undecided.
    """

    name: str
    points: Worth
    level: str
    minutes: Count
    kind: str = "code"
    checks: tuple[str, ...] = ()


class ChallengeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge as it was in this run.

    Attributes:
        slug: its folder's name.
        title: for readers.
        syllabus: 1 to 17, or 0.
        digest: SHA-256 over the files of the challenge that this run used.
        tasks: what was offered.
        brief: the brief's Markdown, so that a scorecard can be drawn anywhere.
        has_private: whether private checks took part.
    """

    slug: str
    title: str
    syllabus: int = 0
    digest: str = ""
    tasks: tuple[TaskFacts, ...] = ()
    brief: str = ""
    has_private: bool = False


class SubmissionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which files were assessed.

    Attributes:
        name: the folder's name.
        digest: SHA-256 over the sorted files of ``solutions/``.
        files: size in bytes by relative path.
        ignored: files that were left out, with the reason.
    """

    name: str
    digest: str = ""
    files: dict[str, Count] = {}
    ignored: dict[str, str] = {}


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where it ran.

    Attributes:
        id: one stable hash of what decides speed.
        facts: everything recorded, by name (``cpu``, ``cores``, ``memory_gb``, ``gpu``, ``python``, ``torch``, …).
    """

    id: str = ""
    facts: dict[str, Any] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a submission that a person should look at; never part of a score, and not on the scorecard.

    Attributes:
        challenge: slug, or empty for the whole submission.
        title: one line.
        detail: more lines: why it matters.
        file: path inside ``solutions/``.
        line: from 1; 0 for the whole file.
        end_line: the last line that it is about; 0 for ``line``.
        code: of the rule, such as ``PT101``.
        remedy: what to do, in one line.
        source: a page that says so, https only.
        excerpt: the lines of code around it, cleaned; taken from the file, not from the plugin.
        excerpt_line: number of the excerpt's first line.
    """

    challenge: str
    title: str
    detail: str = ""
    file: str = ""
    line: int = 0
    end_line: int = 0
    code: str = ""
    remedy: str = ""
    source: str = ""
    excerpt: str = ""
    excerpt_line: int = 0


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands for a run; ``ptassess.signing`` says what is signed.

    Attributes:
        algorithm: always ``ed25519``.
        key: the public key, ``ssh-ed25519 AAAA…``.
        value: 64 bytes in base64.
    """

    algorithm: Literal["ed25519"] = "ed25519"
    key: str
    value: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment of one submission on one machine.

    Attributes:
        schema: version of this format.
        ptassess: version of the tool.
        run_id: unique, sortable by time.
        candidate: name of the candidate.
        stamp: ``practice``, ``graded`` (the grading door), or ``verified`` (also what ``ptassess.stamping`` asks for,
            and signed).
        unverified_because: what was missing for ``verified``, one line each.
        started: ISO 8601, UTC.
        finished: ISO 8601, UTC.
        seconds: wall time.
        submission: which files.
        exam: name of the exam.
        exam_digest: SHA-256 of it.
        cut_scores: the exam's least per cent, by competency; ``total`` for the whole.
        roles: the exam's weights of competencies, by role.
        exam_seed: drives quiz numbers and per-candidate coefficients.
        run_seed_hash: SHA-256 of the run seed, as committed before the run.
        run_seed: revealed with the result; None while secret.
        seed_given: whether somebody named the run seed; else it was drawn and secret while the solution ran.
        profile: ``smoke``, ``full`` or ``gpu``.
        device: what ``device`` gave to checks.
        isolation: level of the wall.
        machine: where.
        git: commit of the submission, if it is a repository; in practice only.
        packages: versions by distribution.
        challenges: what was offered.
        checks: what was found.
        findings: what plugins point at, for a person to judge.
        notes: lines for the reader (a broken pack, a check that was deselected).
        complete: False if the run was interrupted, or only a part of the checks was selected.
        signature: of a verified run; None for any other.
    """

    schema: int = SCHEMA_VERSION
    ptassess: str
    run_id: str
    candidate: str
    stamp: Stamp = "practice"
    unverified_because: tuple[str, ...] = ()
    started: str
    finished: str
    seconds: float = 0.0
    submission: SubmissionFacts
    exam: str = "everything"
    exam_digest: str = ""
    exam_seed: int = 0
    cut_scores: dict[str, Percent] = {}
    roles: dict[str, dict[str, float]] = {}
    run_seed_hash: str = ""
    run_seed: int | None = None
    seed_given: bool = False
    profile: str = "full"
    device: str = "cpu"
    isolation: str = ""
    machine: MachineFacts = MachineFacts()
    git: dict[str, Any] = {}
    packages: dict[str, str] = {}
    challenges: tuple[ChallengeFacts, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True
    signature: Signature | None = None
