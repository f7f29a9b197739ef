"""The exam: its seeds, and how everything that is drawn follows from them.

Two seeds. The *exam seed* is fixed before the candidate begins and drives the quiz. The *run seed* is secret, committed
by its hash, revealed with the result, and drives the inputs of the checks.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import msgspec

from ptassess.errors import UserError

DEFAULT_EXAM_SEED = 1
"""Of the exam ``everything``, where no other seed was agreed on."""


class Exam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked, for how many points.

    Attributes:
        name: of the exam.
        title: for readers.
        tasks: points by ``slug.task``; empty for every task at its own points.
        minutes: human minutes for all of it; 0 for the tasks' sum.
        seed: exam seed.
    """

    name: str = "everything"
    title: str = "Everything that is installed"
    tasks: dict[str, float] = {}
    minutes: int = 0
    seed: int = DEFAULT_EXAM_SEED

    def digest(self) -> str:
        """SHA-256 over its content, in hexadecimal."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def read(path: Path) -> Exam:
    """Read an ``exam.toml``.

    Args:
        path: of the file.

    Raises:
        UserError: one line, if it cannot be used.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Exam)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise UserError(f"{path}: not an exam ({error})") from None


def derive(seed: int, *parts: object) -> int:
    """A seed for one purpose: 64 bits of SHA-256 over the seed and the parts, whatever the order of the checks.

    Args:
        seed: exam seed or run seed.
        parts: what it is for, such as slug, check and repeat.
    """
    text = "\0".join(map(str, (seed, *parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def commit(seed: int) -> str:
    """The hash that commits to a run seed before it is used, in hexadecimal.

    Args:
        seed: run seed.
    """
    return hashlib.sha256(f"ptassess run seed {seed}".encode()).hexdigest()
