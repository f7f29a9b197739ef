"""Fixtures of our own tests only: fake runs, shaped like real ones, drawn from a seed, made in a moment."""

import random

import msgspec
import pytest

from ptassess.result import ChallengeFacts, CheckResult, MachineFacts, Run, SubmissionFacts, TaskFacts

TITLES = (
    "Linear algebra", "Automatic differentiation", "Devices and memory", "Tensor operations", "Computational graphs",
    "Linear regression", "Loading data", "Optimizers", "Neural modules", "Saving and loading",
    "Fully connected networks",
    "Convolutional networks", "Recurrent networks", "Transformers and attention", "Training at scale",
    "Compilation and export", "Serving a model",
)  # fmt: skip
TASKS = (
    ("matmul_family", "foundation", 4, 10), ("batched_quadratic_form", "foundation", 3, 10),
    ("pairwise_distances", "foundation", 4, 15), ("low_rank_approximation", "practitioner", 5, 15),
    ("solve_spd", "practitioner", 5, 15), ("whiten", "practitioner", 5, 20), ("top_eigenpairs", "expert", 8, 30),
    ("quiz", "practitioner", 3, 10),
)  # fmt: skip
CHECKS = (
    ("test_agrees_in_double_precision", "Agrees with the definition in double precision", "value", False, 3, False),
    ("test_keeps_batch_shapes[2-3]", "Keeps every batch shape, drawn at random", "value", False, 2, False),
    ("test_survives_large_entries", "Survives entries of 1e4 without overflow", "value", True, 2, False),
    ("test_gradient_agrees", "Lets the right gradient through", "value", True, 2, False),
    ("test_needs_little_memory", "Needs little memory beside its output", "property", True, 1, True),
    ("test_rejects_a_wrong_shape", "Says which shape is wrong", "value", False, 1, False),
)
FAILURES = (
    ("raised", "RuntimeError: linalg.cholesky: the factorization could not be completed"),
    ("timeout", "no answer within 5 s"),
    ("memory", "used 1.4 GiB more than at its start; the task allows 1.0 GiB"),
    ("value", "returned a list of 3 where a tensor was expected"),
    (None, "the largest eigenvalue is off by 3 %: subtract the mean before the covariance"),
)
TRACE = """Traceback (most recent call last):
  File "solutions/linear_algebra.py", line 41, in solve_spd
    lower = torch.linalg.cholesky(a - a.mean() * torch.eye(n))
RuntimeError: linalg.cholesky: (Batch element 2): the factorization could not be completed"""
BRIEF = """# {title}

## Goal
Write the building blocks that numerical code stands on, so that they are right for *every* batch shape.

## What you build
### solve_spd
`solve_spd(a, b)` solves `a @ x = b` for symmetric positive definite `a`.

| argument | shape |
|---|---|
| `a` | `(..., n, n)` |
| `b` | `(..., n, k)` |

## Further reading
1. [Matrix computations](https://example.org/matrix)
"""


def _check(rng, slug, task, spec, ability):
    name, title, role, private, weight, advisory = spec
    common = {
        "challenge": slug, "task": task, "check": name, "nodeid": f"{slug}/test_{slug}.py::{name}", "title": title,
        "role": role, "private": private, "weight": weight, "advisory": advisory,
        "seconds": rng.uniform(0.01, 2), "worker_seconds": rng.uniform(0.001, 0.01),
    }  # fmt: skip
    if rng.random() < 0.004:
        outcome = rng.choice(["not assessed", "inconclusive", "error"])
        return CheckResult(**common, outcome=outcome, message=f"{outcome}: needs a CUDA device")
    if rng.random() < ability:
        found = {"relative error": rng.random() * 1e-7, "shapes": [[2, 3], [5, 4, 4]], "peak": {"bytes": 104_857_600}}
        if role == "property":
            found["seconds per call"] = [rng.uniform(1, 1.4) * (1 + i % 7 / 9) for i in range(60)]
        return CheckResult(**common, outcome="passed", credit=1.0, evidence=found)
    cause, message = rng.choice(FAILURES)
    return CheckResult(
        **common, outcome="failed", cause=cause, message=message, detail=TRACE if cause == "raised" else "",
        output="step 1: loss 0.31\nstep 2: loss nan\n", evidence={"relative error": 0.031, "expected": [3, 3]},
    )  # fmt: skip


def fake_run(*, seed=0, candidate="Ada Lovelace", competencies=1, ability=0.8, left=0.1, **more):
    """A run of that many competencies; ``ability`` and ``left`` are chances of passing and of not attempting."""
    rng = random.Random(seed)
    challenges, checks = [], []
    for number, title in enumerate(TITLES[:competencies], 1):
        slug = title.lower().replace(" ", "_")
        for task, *_ in TASKS:
            idle = rng.random() < left
            level = min(1.0, ability + (rng.random() < ability) * 0.5)
            for spec in CHECKS:
                check = _check(rng, slug, task, spec, level)
                if idle:
                    check = msgspec.structs.replace(
                        check, outcome="not attempted", credit=0.0, cause=None, evidence={}, output="", detail="",
                        seconds=0.0, worker_seconds=0.0, message=f"{task} still raises NotImplementedError",
                    )  # fmt: skip
                checks.append(check)
        challenges.append(
            ChallengeFacts(
                slug=slug, title=title, syllabus=number, digest=f"{number:02x}" * 32, brief=BRIEF.format(title=title),
                has_private=True,
                tasks=tuple(
                    TaskFacts(
                        name=name, level=level, points=points, minutes=minutes,
                        checks=tuple(spec[0] for spec in CHECKS), kind="quiz" if name == "quiz" else "code",
                    )
                    for name, level, points, minutes in TASKS
                ),
            )
        )  # fmt: skip
    return Run(**{
        "ptassess": "0.1.0", "run_id": f"20261123T090000-{seed:08x}", "candidate": candidate, "stamp": "graded",
        "unverified_because": ("isolation below `locked`",), "seconds": 48.2,
        "started": "2026-11-23T09:00:00.000Z", "finished": "2026-11-23T09:00:48.200Z", "isolation": "process",
        "submission": SubmissionFacts(name="ada", digest="ab" * 32, files={"solutions/linear_algebra.py": 8123},
                                      ignored={"solutions/notes.ipynb": "not a Python file"}),
        "exam_digest": "cd" * 32, "run_seed_hash": "ef" * 32, "run_seed": 8123491,
        "machine": MachineFacts(id="0f1e2d3c4b5a6978", facts={
            "cpu": "AMD EPYC 9B14", "cores": 8, "threads": 16, "memory_gib": 62.7, "gpus": [], "python": "3.12.4"}),
        "git": {"commit": "9f" * 20}, "packages": {"torch": "2.14.1", "numpy": "2.3.1"},
        "challenges": tuple(challenges), "checks": tuple(checks), **more,
    })  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def nobodys_keys(tmp_path_factory):
    """No test signs with the keys of whoever runs it, or counts on those that they trust."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def make_run():
    return fake_run
