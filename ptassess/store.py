"""Run files, and whatever else is kept: written whole or not at all; run files are read with advice."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ptassess import signing
from ptassess.errors import RunFileError, SignatureError
from ptassess.result import SCHEMA_VERSION, Run
from ptassess.sandbox.cleaning import clean

PART = ".part"
"""Ends the name of a file that is being written."""
_MAX_BYTES = 256 * 2**20  # a run of everything is some megabytes


class _Head(msgspec.Struct):
    schema: int = 0
    ptassess: str = "?"
    stamp: Any = None
    signature: Any = None


def write(run: Run, path: Path) -> None:
    """Write a run: temporary file, fsync, rename.

    Args:
        run: the facts.
        path: of the run file; one that is there is replaced.

    Raises:
        RunFileError: if the folder cannot be written to.
    """
    text = msgspec.json.format(msgspec.json.encode(run), indent=1)
    try:
        write_whole(path, text + b"\n")
    except OSError as error:
        raise RunFileError(f"{path}: cannot be written ({error.strerror}); name another place") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: temporary file, fsync, rename.

    A process that is killed meanwhile leaves a file ``.*.part`` behind, never a part of the file itself.

    Args:
        path: of the file; one that is there is replaced, its folder is made if it is missing.
        content: all of it.

    Raises:
        OSError: if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=PART)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)  # mkstemp's 0600 would keep a web server from showing it
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(path: Path) -> Run:
    """Read a run.

    Args:
        path: of the run file.

    Returns:
        The facts. Where there is a signature, it fits; whether to count on its key is another question
        (``ptassess.keys.trusted``).

    Raises:
        RunFileError: one line, if it is missing, damaged, or of a newer version.
        SignatureError: if it is not what was signed.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise RunFileError(f"{path}: too large for a run file")
        text = path.read_bytes()
    except OSError as error:
        raise RunFileError(f"{path}: cannot be read ({error.strerror})") from None
    return parse(text, path)


def parse(text: bytes, path: Path) -> Run:
    """The run in a file's text.

    Args:
        text: of the file.
        path: for messages.

    Raises:
        RunFileError: as ``read``.
        SignatureError: as ``read``.
    """
    try:
        head = msgspec.json.decode(text, type=_Head)
        if head.schema > SCHEMA_VERSION:
            raise RunFileError(
                f"{path}: written by ptassess {_line(head.ptassess)} (format {head.schema}; this one reads up to "
                f"{SCHEMA_VERSION}): pip install -U ptassess"
            )
        _check_signature(head, text, path)
        return msgspec.json.decode(text, type=Run)
    except RecursionError:
        raise RunFileError(f"{path}: not a run file (nested too deeply)") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RunFileError(f"{path}: not a run file ({_line(error)})") from None


def _check_signature(head: _Head, text: bytes, path: Path) -> None:
    if head.signature is None:
        if head.stamp == "verified":
            raise SignatureError(f"{path}: says that it is verified and is not signed; ask for the original")
        return
    try:
        signing.signer(text)
    except ValueError as error:
        raise SignatureError(f"{path}: {_line(error)}; ask for the original") from None


def read_all(paths: Sequence[Path]) -> list[Run]:
    """Read run files.

    Args:
        paths: run files, and folders in which every ``*run*.json`` is one.

    Raises:
        RunFileError: one line, if one cannot be read or there is none.
    """
    return [read(file) for file in find(paths)]


def find(paths: Sequence[Path]) -> list[Path]:
    """Run files, unread.

    Args:
        paths: run files, and folders in which every ``*run*.json`` is one.

    Raises:
        RunFileError: one line, if there is none.
    """
    files = [
        file
        for path in paths
        for file in (sorted(filter(Path.is_file, path.rglob("*run*.json"))) if path.is_dir() else [path])
    ]
    if not files:
        told = ", ".join(map(str, paths))
        raise RunFileError(f"{told}: no run files there; `ptassess grade` and --run-file write them")
    return files


def json_schema() -> dict[str, Any]:
    """The run file's JSON schema, derived from ``ptassess.result``."""
    return msgspec.json.schema(Run)


def _line(text: object) -> str:
    """What a file says of itself, fit for a terminal."""
    return " ".join(clean(str(text), 200).split())
