"""Submissions that have more in common than the task explains: pages for the team, and a place for its judgement.

Runs at the end of `ptassess grade`, and alone: `ptassess similarity DIR…`. What everybody was given (starters,
baselines, probes, public checks) counts for nothing. Matches with the references are on these pages only.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from ptassess import hookimpl, parsing, sources, store, unpacking
from ptassess.errors import SubmissionError, UserError
from ptassess.hookspecs import Command, Page
from ptassess.loading import load_file
from ptassess.registry import catalogue
from ptassess.sandbox.cleaning import clean
from ptassess.submission import Submission

HERE = Path(__file__).parent
PAGE = "similarity.html"
REFERENCE = "reference"
OURS = "our reference"
MOST_ROWS = 20_000  # fingerprints of a file that are compared; our answers to everything have 750
MOST_ROWS_ALL = 40_000  # of a submission
_SECONDS = 8.0  # for a submission's fingerprints; a usual one takes a tenth of a second
_LINES = 4_000  # of a file that a page shows


@hookimpl
def ptassess_cohort_finished(results, challenges, private, out):
    """Compare all submissions that could be read, also those that could not be graded."""
    cohort = {graded.folder.name: sources.load(graded.sources) for graded in results if graded.sources}
    titles = {graded.folder.name: graded.name for graded in results if graded.folder}
    found = report(cohort, challenges, private, out, titles)
    return Page(href=PAGE, title="Similarity of submissions", summary=found)


@hookimpl
def ptassess_commands():
    """Register the command."""
    return Command(name="similarity", run=similarity)


def similarity(  # noqa: PLR0913, PLR0917  the command's options
    paths: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Submissions, a folder of them, or a folder of results.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the pages go; default: the folder of results, or `similarity`."),
    ] = None,
    dismiss: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="Two names of a flag that a person has judged.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why it is dismissed.")] = "",
    by: Annotated[str, typer.Option(help="Who dismisses it.")] = "",
    pack: Annotated[list[Path] | None, typer.Option("--pack", metavar="DIR", help="More challenges.")] = None,
) -> None:
    """Compare submissions with one another and with the references, and write the pairs that a person should look at.

    With --dismiss, a flag is first noted as judged; its page then shows the reason.
    """
    graded = paths[0] if len(paths) == 1 and _is_graded(paths[0]) else None
    out = out or graded or Path("similarity")
    dismissals = load_file(HERE / "dismissals.py")
    if dismiss:
        dismissals.add(out, dismiss, reason, by)
    found = catalogue(tuple(pack or ()))
    cohort, problems = (_kept(graded), {}) if graded else _opened(paths)
    titles = _titles(graded) if graded else {}
    for name, why in problems.items():
        typer.secho(f"ptassess: {name}: {why}", fg="yellow", err=True)
    told = report(cohort, list(found.challenges.values()), found.private, out, titles)
    typer.echo(f"{len(cohort)} submissions: {told} open {out / PAGE}")


def _is_graded(folder):
    """Whether a folder is one of results: `ptassess grade` has left its mark there, and nothing in it is handed in.

    What lies inside a submission is the candidate's word, and makes no folder of submissions one of results.
    """
    if not (folder / "index.html").is_file() or not _graded(folder):
        return False
    return not any(unpacking.is_archive(child) or (child / "solutions").exists() for child in folder.iterdir())


def _graded(folder):
    """The folders of single results in a folder of them."""
    return [path.parent for path in sorted(folder.glob(f"*/{sources.NAME}")) if path.with_name("run.json").is_file()]


def _kept(graded):
    """The code in a folder of results, by the name of the submission's folder there."""
    return {home.name: sources.load(home / sources.NAME) for home in _graded(graded)}


def _titles(graded):
    """What the candidates of a folder of results are called, by the name of their folder there."""
    return {home.name: store.read(home / "run.json").candidate for home in _graded(graded)}


def _opened(paths):
    """The code of submissions by name, and why some could not be read."""
    from ptassess.entries import find, key

    cohort, problems = {}, {}
    for path in find(paths).submissions:
        name = key(path)
        if name in cohort:
            name = f"{name} ({path})"
        try:
            with tempfile.TemporaryDirectory(prefix="ptassess-") as scratch:
                folder = unpacking.unpack(path, Path(scratch)) if unpacking.is_archive(path) else path
                cohort[name] = sources.read(Submission.open(folder))
        except SubmissionError as error:
            problems[name] = str(error)
    return cohort, problems


# -- comparing -------------------------------------------------------------------------------------------------------


def report(cohort, challenges, private, out, titles: Mapping[str, str] | None = None):
    """Compare, and write the pages and ``similarity.json``.

    Args:
        cohort: sources by name.
        challenges: whose files everybody was given.
        private: folders of the private halves by slug.
        out: folder of the results.
        titles: what the reader calls a submission, by name.

    Returns:
        What was found, in one sentence.
    """
    comparing = load_file(HERE / "comparing.py")
    dismissals = load_file(HERE / "dismissals.py").read(out)
    given = _texts({f"{challenge.slug}/{path.name}": path for challenge in challenges for path in _public(challenge)})
    known = {challenge.slug for challenge in challenges}
    answers = {slug: folder / "reference.py" for slug, folder in private.items() if slug in known}
    ours = _texts({f"{slug}.py": path for slug, path in sorted(answers.items()) if path.is_file()})
    public = sorted({row[1] for rows in _fingerprints(given, window=1)[0].values() for row in rows})
    reference = REFERENCE
    while reference in cohort:
        reference += " (ours)"
    texts = {name: one.texts for name, one in cohort.items()} | {reference: ours}
    left_out = {(name, file): why for name, one in cohort.items() for file, why in one.left_out.items()}
    works = []
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for name, (made, failed) in zip(
            texts, pool.map(lambda t: _fingerprints(t, skip=public, most=MOST_ROWS), texts.values()), strict=True
        ):
            kept, cut = _cut(made)
            works.append(work := comparing.Work(name=name, files=kept, given=name == reference))
            if count := work.too_many():
                cut["solutions/"] = f"{count:,} functions, the smallest, beyond {comparing.MOST_BLOCKS:,}"
            left_out |= {(name, file): why for file, why in (failed | cut).items()}
    pairs = comparing.compare(works)
    flags = [_flag(number, pair, texts, public, comparing) for number, pair in enumerate(pairs, 1)]
    for flag in flags:
        flag["kinds"] = [OURS if name == reference else "submission" for name in flag["names"]]
    titles = {**{name: name for name in texts}, **(titles or {}), reference: OURS}
    _write(flags, out, titles, dismissals, left_out, len(cohort), comparing)
    count = f"{len(flags)} pair{'s' * (len(flags) != 1)}" if flags else "no pair"
    return f"{count} to look at."


def _public(challenge):
    """What every candidate was given of a challenge."""
    return sorted(path for path in challenge.home.glob("*.py"))


def _texts(paths):
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}


def _fingerprints(texts, **options):
    return parsing.each(texts, HERE / "fingerprints.py", "fingerprints", seconds=_SECONDS, options=options)


def _cut(made):
    """Rows of a submission's files up to the caps, and what is said of the files that have more."""
    kept, told, room = {}, {}, MOST_ROWS_ALL
    for file, rows in made.items():
        most = min(MOST_ROWS, room)
        kept[file] = rows[:most]
        room -= len(kept[file])
        if len(rows) > most:
            told[file] = f"what comes after its first {most:,} fingerprints"
    return kept, told


def _flag(number, pair, texts, public, comparing):
    """What is shown of a pair: its files and which lines belong together."""
    sides = {
        f"{side} {file}": texts[name][file]
        for alike in pair.files
        for side, (name, file) in enumerate(zip(pair.names, alike.files, strict=True))
    }
    made, failed = _fingerprints(sides, skip=public, window=1, most=MOST_ROWS)
    lines = {key: [clean(line, 240) for line in sources.lines(text)[:_LINES]] for key, text in sides.items()}
    files, steps = [], comparing.STEPS
    for alike in pair.files:
        left, right = (f"{side} {file}" for side, file in enumerate(alike.files))
        found, steps = comparing.regions(made.get(left, []), made.get(right, []), steps)
        shown = [
            {
                "lines": list(one),
                "sides": [lines[left][one[0] - 1 : one[1]], lines[right][one[2] - 1 : one[3]]],
            }
            for one in found
        ]
        files.append({"files": list(alike.files), "weight": alike.weight, "share": alike.share, "regions": shown})
    return {
        "page": f"similarity-{number:03d}.html",
        "names": list(pair.names),
        "weight": pair.weight,
        "share": pair.share,
        "cut": bool(failed) or not steps or any(len(rows) > MOST_ROWS for rows in made.values()),
        "files": files,
    }


def _write(flags, out, titles, dismissals, left_out, count, comparing):  # noqa: PLR0913, PLR0917
    from ptassess import render

    for old in out.glob("similarity-*.html"):
        if not old.is_dir():
            old.unlink()
    for flag in flags:
        flag["dismissed"] = dismissals.get(frozenset(flag["names"]))
    flags.sort(key=lambda flag: flag["dismissed"] is not None)
    about = {"flags": flags, "titles": titles, "count": count, "least": comparing.LEAST, "share": comparing.SHARE}
    render.write_page(HERE / "overview.html.j2", out / PAGE, left_out=sorted(left_out.items()), **about)
    for flag in flags:
        render.write_page(HERE / "pair.html.j2", out / flag["page"], flag=flag, titles=titles)
    facts = [{key: value for key, value in flag.items() if key != "files"} | {"files": _facts(flag)} for flag in flags]
    try:
        (out / "similarity.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); name another place with --out") from None


def _facts(flag):
    """Of each pair of files: names, weight, share, and the lines that belong together."""
    return [one | {"regions": [region["lines"] for region in one["regions"]]} for one in flag["files"]]
