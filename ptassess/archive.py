"""Submissions as one file, as the candidate packs them; ``ptassess.unpacking`` is the grader's side."""

from __future__ import annotations

import ast
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ptassess._version import __version__
from ptassess.errors import SubmissionError
from ptassess.submission import Submission

if TYPE_CHECKING:
    from ptassess.exam import Exam

MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's first moment: the same files make the same archive, whenever


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a candidate's archive says of itself; claims, for people to read.

    Attributes:
        candidate: name.
        exam: name of the exam.
        exam_digest: of the kit's exam.
        digest: of the files, as the grader will compute it.
        files: sizes in bytes by name.
        ptassess: version that packed it.
    """

    candidate: str
    exam: str
    exam_digest: str
    digest: str
    files: dict[str, int]
    ptassess: str = __version__


def complaints(submission: Submission) -> list[str]:
    """What a grader could not even read: files that are no Python, quizzes that are no TOML.

    Args:
        submission: to look at; nothing of it is run.

    Returns:
        One line for each.
    """
    lines = []
    for inside, content in submission.contents():
        name = f"solutions/{inside}"
        try:
            if name.endswith(".py"):
                ast.parse(content, name)
            elif name.endswith(".quiz.toml"):
                tomllib.loads(content.decode())
        except SyntaxError as error:
            lines.append(f"{name}, line {error.lineno}: {error.msg}")
        except ValueError as error:
            lines.append(f"{name}: {error}")
    lines += [f"solutions/{name}: {reason}; it is left out" for name, reason in submission.facts().ignored.items()]
    return lines


def pack(submission: Submission, to: Path, *, candidate: str, exam: Exam) -> Manifest:
    """Write a submission's files and a manifest into one archive; the same files give the same bytes.

    Args:
        submission: whose ``solutions`` are packed.
        to: a ``.zip`` file; one that is there is replaced.
        candidate: name.
        exam: that the kit was made for.

    Raises:
        SubmissionError: if the archive cannot be written.
    """
    facts = submission.facts()
    manifest = Manifest(
        candidate=candidate, exam=exam.name, exam_digest=exam.digest(), digest=facts.digest, files=facts.files
    )
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    try:
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), text)
            for name, content in submission.contents():
                archive.writestr(zipfile.ZipInfo(f"solutions/{name}", _EPOCH), content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise SubmissionError(f"{to}: cannot be written ({error.strerror}); name another place with --out") from None
    return manifest
