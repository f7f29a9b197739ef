"""Submissions as one file: packed by the candidate, unpacked by the grader, who trusts nothing in it."""

from __future__ import annotations

import ast
import stat
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from ptassess._version import __version__
from ptassess.errors import SubmissionError
from ptassess.submission import MAX_BYTES, MAX_FILES, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from ptassess.exam import Exam

MANIFEST = "manifest.json"
SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar")
MAX_RATIO = 100  # unpacked to packed; code seldom exceeds 10
_SMALL = 1 << 20  # below this a ratio says nothing
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's first moment: the same files make the same archive, whenever
_CHUNK = 1 << 16


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


def is_archive(path: Path) -> bool:
    """Whether a path is a file with an archive's ending.

    Args:
        path: any.
    """
    return path.is_file() and path.name.endswith(SUFFIXES)


def complaints(submission: Submission) -> list[str]:
    """What a grader could not even read: files that are no Python, quizzes that are no TOML.

    Args:
        submission: to look at; nothing of it is run.

    Returns:
        One line for each.
    """
    lines = []
    for path in submission.files():
        name = f"solutions/{path.relative_to(submission.solutions).as_posix()}"
        try:
            if path.suffix == ".py":
                ast.parse(path.read_bytes(), name)
            elif path.name.endswith(".quiz.toml"):
                tomllib.loads(path.read_text(encoding="utf-8"))
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
            for path in submission.files():
                name = f"solutions/{path.relative_to(submission.solutions).as_posix()}"
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise SubmissionError(f"{to}: cannot be written ({error.strerror}); name another place with --out") from None
    return manifest


def unpack(archive: Path, to: Path) -> Path:
    """Unpack an archive's regular files, as far as they are harmless.

    Args:
        archive: of a kind in ``SUFFIXES``.
        to: an empty folder.

    Returns:
        The folder in it that holds ``solutions``: itself, or the only one at its top.

    Raises:
        SubmissionError: one line, for absolute names, ``..``, links, devices, two members of one name, too many files
            or bytes, a ratio above 100, or what is no archive at all.
    """
    size = count = 0
    limit = max(_SMALL, MAX_RATIO * archive.stat().st_size)
    try:
        for name, stream in _members(archive):
            target = to / _harmless(archive, name)
            count += 1
            if count > MAX_FILES or target.exists():
                why = "two members of one name" if target.exists() else f"more than {MAX_FILES} files"
                raise SubmissionError(f"{archive.name}: {why}; pack only solutions/")
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > min(limit, MAX_BYTES):
                        raise SubmissionError(
                            f"{archive.name}: unpacks to more than {MAX_BYTES >> 20} MiB, or to more than "
                            f"{MAX_RATIO} times its size; pack only solutions/"
                        )
                    file.write(chunk)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        # RuntimeError: an encrypted zip; NotImplementedError: an unknown compression; OSError: also a bad gzip.
        why = str(error).partition("\n")[0].rstrip(":")
        raise SubmissionError(f"{archive.name}: cannot be unpacked ({why}); `ptassess submit` makes a zip") from None
    inside = [path for path in to.iterdir() if path.is_dir()]
    alone = len(inside) == 1 and inside[0].name != "solutions" and (inside[0] / "solutions").is_dir()
    return inside[0] if alone else to


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Names and contents of the regular files; anything that is neither file nor folder is refused."""
    if archive.name.endswith(".zip"):
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                kind = stat.S_IFMT(member.external_attr >> 16)
                if member.is_dir():
                    continue
                if kind not in (0, stat.S_IFREG):
                    raise SubmissionError(f"{archive.name}: {_shown(member.filename)} is a link or a device")
                with opened.open(member) as stream:
                    yield member.filename, stream
    else:
        with tarfile.open(archive) as tar:
            for entry in tar:
                if entry.isdir():
                    continue
                stream_or_none = tar.extractfile(entry) if entry.isreg() else None
                if stream_or_none is None:
                    raise SubmissionError(f"{archive.name}: {_shown(entry.name)} is a link or a device")
                yield entry.name, stream_or_none


def _harmless(archive: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts or ":" in name:
        raise SubmissionError(f"{archive.name}: {_shown(name)} leads out of the archive; pack only solutions/")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise SubmissionError(f"{archive.name}: {_shown(name)} is a file name that is not UTF-8") from None
    return path


def _shown(name: Any) -> str:
    return ascii(str(name))[:100]
