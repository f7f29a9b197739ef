"""Findings ``PT…``: how a submission uses PyTorch, by rules that read it as data. Never scored; a person judges them.

``rules.py`` finds, ``guide.py`` says what it means. A rule that was wrong about honest code once is mended or goes.
"""

from pathlib import Path

from ptassess import hookimpl, parsing, sources
from ptassess.loading import load_file
from ptassess.result import Finding
from ptassess.submission import Submission

HERE = Path(__file__).parent
SECONDS = 20.0  # for a submission; one of 4 MiB takes about as long, a usual one a tenth of a second


@hookimpl
def ptassess_findings(submission, challenges):
    """Look at every Python file."""
    slugs = {challenge.slug for challenge in challenges}
    found = sources.read(Submission.open(submission))
    made, failed = parsing.each(found.texts, HERE / "rules.py", "look", seconds=SECONDS)
    for file, why in (found.left_out | failed).items():
        yield _finding("PT001", file, 0, 0, why, slugs)
    for file, rows in made.items():
        for code, line, last, named in rows:
            yield _finding(code, file, line, last, named, slugs)


def _finding(code, file, line, last, named, slugs):  # noqa: PLR0913, PLR0917
    guide = load_file(HERE / "guide.py", "guide of the rules")
    title, why, remedy, source = guide.RULES[code]
    slug = file.partition("/")[0].removesuffix(".py")
    replacement = guide.DEPRECATED.get(named)
    return Finding(
        challenge=slug if slug in slugs else "",
        code=code,
        title=title.replace("{}", named) if "{}" in title else f"{title} ({named})" if named else title,
        detail=why,
        remedy=f"Use {replacement}." if replacement else remedy,
        source=guide.page_of(named) if replacement else source,
        file=file,
        line=line,
        end_line=last,
    )
