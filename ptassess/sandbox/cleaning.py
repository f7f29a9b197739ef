"""Candidate text made harmless before it reaches a terminal, JSON, JUnit or HTML."""

from __future__ import annotations

import re
import unicodedata

# CSI, OSC (ended by BEL or ST), and the other two-byte escapes of ECMA-48.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b.?", re.DOTALL
)
_KEPT = "\n\t"
_HIDDEN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
}  # controls, format (bidi, zero width), surrogates, private use, unassigned


def clean(text: str, limit: int) -> str:
    """Text without control characters, escapes, bidi and zero-width characters, cut to a length.

    Args:
        text: from a candidate.
        limit: most characters to keep; what is cut is said.
    """
    cut = len(text) - limit
    kept = text[:limit]
    kept = _ESCAPES.sub("", kept).replace("\r\n", "\n").replace("\r", "\n")
    if not kept.isascii() or not kept.isprintable():
        kept = "".join(c for c in kept if c in _KEPT or unicodedata.category(c) not in _HIDDEN)
    return f"{kept}\n… {cut} more characters" if cut > 0 else kept
