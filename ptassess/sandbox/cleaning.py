"""Candidate text made harmless before it reaches a terminal, JSON, JUnit or HTML."""

from __future__ import annotations

import re
import unicodedata

# CSI, OSC (ended by BEL or ST), and the other two-byte escapes of ECMA-48.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b.?", re.DOTALL
)
_ENDS = re.compile("\r\n|[\r\u2028\u2029]")  # what some reader takes for the end of a line
_KEPT = "\n\t"
# Controls, format (bidi, zero width), surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks that take no room or look like blanks: DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
_IGNORABLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {
    chr(code) for block in ((0x180B, 0x1810), (0xFE00, 0xFE10), (0xE0100, 0xE01F0)) for code in range(*block)
}


def clean(text: str, limit: int) -> str:
    """Text without control characters, escapes, bidi and zero-width characters, cut to a length.

    Args:
        text: from a candidate.
        limit: most characters to keep; what is cut is said.
    """
    cut = len(text) - limit
    kept = _plain(text[:limit])
    return f"{kept}\n… {cut} more characters" if cut > 0 else kept


def one_line(text: str, limit: int) -> str:
    """As ``clean``, in one line: no text can look like lines of ours.

    Args:
        text: from a candidate.
        limit: most characters to keep; what is cut leaves an ellipsis.
    """
    kept = " ".join(_plain(text[: 2 * limit]).split())
    return kept if len(kept) <= limit and len(text) <= 2 * limit else f"{kept[: limit - 1]}…"


def in_full(name: str, limit: int = 300) -> str:
    """A name with an escape in the place of each character that would be hidden, so that different names look so.

    Args:
        name: of a file of a candidate's.
        limit: most characters to keep; what is cut leaves an ellipsis.
    """
    shown = "".join(c.encode("unicode_escape").decode() if c in _KEPT or _hides(c) else c for c in name[:limit])
    return shown if len(shown) <= limit and len(name) <= limit else f"{shown[: limit - 1]}…"


def _plain(text: str) -> str:
    kept = _ENDS.sub("\n", _ESCAPES.sub("", text))
    if not kept.isascii() or not kept.isprintable():
        kept = "".join(c for c in kept if c in _KEPT or not _hides(c))
    return kept


def _hides(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or character in _IGNORABLE
