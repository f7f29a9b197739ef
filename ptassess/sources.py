"""The Python files of a submission as text: what plugins look at, and what the results keep of the judged code.

They are kept in one JSON file: as ``.py`` files beside the results, the next pytest that runs there would import them.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ptassess import intake
from ptassess.errors import RunFileError
from ptassess.sandbox.cleaning import one_line

if TYPE_CHECKING:
    from ptassess.submission import Submission

NAME = "sources.json"
MAX_FILE = 256 * 2**10  # bytes; the longest module of torch itself has 330 KiB, and no task asks for a tenth of that
MAX_ALL = 4 * 2**20  # bytes of a whole submission; a kit's answers to everything have some 50 KiB

_BREAKS = re.compile(r"\r\n|\r|\n")  # Python's own; `splitlines` counts a form feed or U+2028 as well
_BREAKS_OF_BYTES = re.compile(_BREAKS.pattern.encode())


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The Python files of one submission.

    Attributes:
        texts: by path inside ``solutions/``, in its order.
        left_out: why a Python file is not among them, in a few words, by path.
    """

    texts: dict[str, str] = {}
    left_out: dict[str, str] = {}


def read(submission: Submission) -> Sources:
    """The Python files of a submission.

    Args:
        submission: whose.

    Raises:
        SubmissionError: as ``intake.walk``.
    """
    texts: dict[str, str] = {}
    left_out: dict[str, str] = {}
    size = 0
    for item in intake.walk(submission.solutions):
        name, length = item.name, item.size
        if item.reason or not name.endswith(".py"):
            continue
        if length > MAX_FILE:
            left_out[name] = f"larger than {MAX_FILE // 2**10} KiB"
        elif size + length > MAX_ALL:
            left_out[name] = f"the Python files before it have {MAX_ALL // 2**20} MiB already"
        else:
            try:
                texts[name] = _decoded(item.read())
                size += length
            except (SyntaxError, ValueError) as error:
                left_out[name] = "not UTF-8" if isinstance(error, UnicodeDecodeError) else one_line(str(error), 120)
    return Sources(texts=texts, left_out=left_out)


def _decoded(content: bytes) -> str:
    """The text that Python would read: in another encoding the code that runs may stand in a comment.

    Raises:
        SyntaxError, ValueError: if there is none, or not in UTF-8 (PEP 263); UnicodeDecodeError for bytes of no text.
    """
    text = content.decode("utf-8-sig")
    # Python ends a line at a lone carriage return as well, tokenize does not.
    encoding, _ = tokenize.detect_encoding(io.BytesIO(_BREAKS_OF_BYTES.sub(b"\n", content)).readline)
    if codecs.lookup(encoding).name not in {"utf-8", "utf-8-sig"}:
        raise ValueError(f"declares the encoding {one_line(encoding, 20)}: findings and similarity do not read it")
    return text


def write(sources: Sources, path: Path) -> None:
    """Keep them.

    Args:
        sources: to keep.
        path: of the file.

    Raises:
        OSError: if it cannot be written.
    """
    path.write_bytes(msgspec.json.encode(sources))


def load(path: Path) -> Sources:
    """What ``write`` has kept.

    Args:
        path: of the file.

    Raises:
        RunFileError: one line, if it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Sources)
    except (OSError, msgspec.MsgspecError) as error:
        raise RunFileError(f"{path}: not the sources that `ptassess grade` keeps ({error}); grade again") from None


def lines(text: str) -> list[str]:
    """The lines of a Python file, as Python counts them.

    Args:
        text: of the file.
    """
    return _BREAKS.split(text)
