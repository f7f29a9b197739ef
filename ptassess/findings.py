"""What plugins point at in a submission, made fit to be stored and shown. Nothing of it is ever scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ptassess import sources
from ptassess.result import Finding
from ptassess.sandbox.cleaning import clean

if TYPE_CHECKING:
    from ptassess.challenge import Challenge
    from ptassess.registry import Catalogue
    from ptassess.submission import Submission

MOST = 300  # of one submission: nobody reads more
_AROUND = 2  # lines shown above and below
_LONGEST = 12  # lines that a finding may span on a page
_WIDEST = 240  # characters of a line of code


def gathered(catalogue: Catalogue, submission: Submission, challenges: Sequence[Challenge]) -> tuple[Finding, ...]:
    """Ask every plugin; what is wrong with one is among the catalogue's problems.

    Args:
        catalogue: with the plugins.
        submission: to look at.
        challenges: what it was graded on.

    Returns:
        Cleaned, with the code that they point at, by file and line; the last one says how many more there were.
    """
    made = catalogue.gather("ptassess_findings", submission=submission.root, challenges=challenges)
    found = sorted((one for one in made if isinstance(one, Finding)), key=lambda one: (one.file, one.line, one.code))
    texts = {file: sources.lines(text) for file, text in sources.read(submission).texts.items()} if found else {}
    kept = tuple(_fit(one, texts.get(one.file, ())) for one in found[:MOST])
    more = len(found) - len(kept)
    return (*kept, Finding(challenge="", title=f"{more} more findings are not kept")) if more else kept


def _fit(finding: Finding, lines: Sequence[str]) -> Finding:
    """A finding in clean text, with an excerpt if the line is there."""
    first, excerpt = 0, ""
    if 0 < finding.line <= len(lines):
        last = min(max(finding.line, finding.end_line), finding.line + _LONGEST - 1, len(lines))
        first = max(1, finding.line - _AROUND)
        shown = lines[first - 1 : last + _AROUND]
        # A tab or an odd space stays; whatever else could break a line is gone, so that line numbers are right.
        excerpt = "\n".join(clean(line, _WIDEST).replace("\n", " ") for line in shown)
    return msgspec.structs.replace(
        finding,
        code=_line(finding.code, 20),
        title=_line(finding.title, 200),
        detail=clean(finding.detail, 2_000),
        remedy=_line(finding.remedy, 500),
        source=finding.source if finding.source.startswith("https://") else "",
        file=_line(finding.file, 300),
        excerpt=excerpt,
        excerpt_line=first,
    )


def _line(text: str, limit: int) -> str:
    return " ".join(clean(text, limit).split())
