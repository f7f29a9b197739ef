"""Run files into pages: the Jinja environment over ``reports/``.

A page is one file that asks nothing of any network. Everything that it shows may have been written by a candidate:
every expression is stripped of control characters and escaped, and the page's own policy runs no script and applies no
style but ours.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ptassess import content, keys, narrative, store, wording
from ptassess.cohort import Entry, cohort
from ptassess.errors import UserError
from ptassess.scoring import cuts, score
from ptassess.signing import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    from ptassess.hookspecs import Page
    from ptassess.result import Run

__all__ = [
    "Entry", "findings_html", "index_html", "scorecard_html", "write_findings", "write_index", "write_page",
    "write_scorecard",
]  # fmt: skip

_TICKS = re.compile(r"`([^`\n]{1,200})`")
_FILTERS = (
    wording.clock, wording.count, wording.date, wording.day, wording.duration, wording.evidence, wording.percent,
    wording.points, wording.shade, wording.value,
)  # fmt: skip


def scorecard_html(run: Run) -> str:
    """One run's page.

    Args:
        run: the facts.
    """
    found = score(run)
    return _environment(content.reports_dir()).get_template("scorecard.html.j2").render(
        run=run,
        score=found,
        seal=seal(run, keys.trusted()),
        briefs={facts.slug: facts for facts in run.challenges},
        levels=narrative.levels(found),
        cuts=cuts(run, found),
        outcomes=narrative.outcomes(found),
        headline=narrative.headline(found),
        strengths=narrative.strengths(found),
        next_steps=narrative.next_steps(found),
    )  # fmt: skip


def findings_html(run: Run, scorecard: str = "") -> str:
    """The page of what plugins point at in one submission: the team's, never the candidate's.

    Args:
        run: the facts.
        scorecard: path of the scorecard, relative to the page; empty for none.
    """
    return _environment(content.reports_dir()).get_template("findings.html.j2").render(run=run, scorecard=scorecard)


def index_html(
    entries: Sequence[Entry | tuple[Run, str]],
    *,
    title: str = "PyTorch assessment",
    pages: Sequence[Page] = (),
    notes: Sequence[str] = (),
) -> str:
    """A cohort's page.

    Args:
        entries: in any order; a pair is a run and the relative path of its scorecard.
        title: heading.
        pages: of plugins, about all of them.
        notes: lines for the reader.
    """
    told = [entry if isinstance(entry, Entry) else Entry(run=entry[0], href=entry[1]) for entry in entries]
    sealed = partial(seal, trusted=keys.trusted())
    template = _environment(content.reports_dir()).get_template("index.html.j2")
    return template.render(cohort=cohort(told), title=title, seal=sealed, pages=pages, notes=notes)


def write_scorecard(run: Run, path: Path) -> None:
    """Write one run's page.

    Args:
        run: the facts.
        path: of the file; its folder is made if it is missing.

    Raises:
        UserError: if it cannot be written there.
    """
    _write(scorecard_html(run), path)


def write_findings(run: Run, path: Path, scorecard: str = "") -> None:
    """Write the page of what plugins point at in one submission.

    Args:
        run: the facts.
        path: of the file; its folder is made if it is missing.
        scorecard: path of the scorecard, relative to the page; empty for none.

    Raises:
        UserError: if it cannot be written there.
    """
    _write(findings_html(run, scorecard), path)


def write_index(
    entries: Sequence[Entry | tuple[Run, str]],
    path: Path,
    *,
    title: str = "PyTorch assessment",
    pages: Sequence[Page] = (),
    notes: Sequence[str] = (),
) -> None:
    """Write a cohort's page.

    Args:
        entries: in any order; a pair is a run and the relative path of its scorecard.
        path: of the file; its folder is made if it is missing.
        title: heading.
        pages: of plugins, about all of them.
        notes: lines for the reader.

    Raises:
        UserError: if it cannot be written there.
    """
    _write(index_html(entries, title=title, pages=pages, notes=notes), path)


def write_page(template: Path, path: Path, **values: Any) -> None:
    """Write a plugin's page.

    Args:
        template: a file beside which its other templates lie; it may extend and import those of ``reports/``, and all
            that it shows is escaped, as on our own pages.
        path: of the file; its folder is made if it is missing.
        values: for the template.

    Raises:
        UserError: if it cannot be written there.
    """
    environment = _environment(content.reports_dir(), template.parent)
    _write(environment.get_template(template.name).render(**values), path)


def local_href(path: str) -> str:
    """A path of our own as a relative link; empty if it is none, so that no entry can lead elsewhere.

    Args:
        path: with forward slashes, relative to the page, not quoted.
    """
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or "\\" in path:
        return ""
    # "./" keeps a first part such as "javascript:x" from being read as a scheme
    return "./" + "/".join(quote(part, safe="", errors="replace") for part in parts)


@lru_cache(maxsize=8)
def _environment(reports: Path, *others: Path) -> Environment:
    """The templates of some folders, compiled once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader([reports, *others]),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {one.__name__: one for one in _FILTERS}
    environment.filters |= {"href": local_href, "markdown": _markdown, "ticks": _ticks}
    for kind, name in (("style", "style.css"), ("script", "script.js")):
        text = (reports / name).read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        environment.globals[kind] = Markup(text)  # noqa: S704  our own file
        environment.globals[f"{kind}_hash"] = f"sha256-{digest}"
    # What stands beside every check is drawn once: a cohort of a thousand has a hundred thousand checks.
    words: Any = environment.get_template("macros.html.j2").module
    environment.globals["outcome"] = lru_cache(words.outcome)
    environment.globals["tone"] = {name: look[2] for name, look in words.OUTCOME.items()}
    return environment


def _finalize(item: Any) -> Any:
    """What every expression of a template passes on its way to the page."""
    return wording.plain(item) if type(item) is str else item


def _ticks(text: str) -> Markup:
    """One line of text in which ``names`` between backticks are set as code."""
    from markupsafe import Markup, escape

    # Escaping leaves backticks alone and what it adds holds none, so the marks can be set afterwards.
    return Markup(_TICKS.sub(r"<code>\1</code>", str(escape(wording.plain(text)))))  # noqa: S704


@lru_cache(maxsize=64)
def _markdown(text: str) -> Markup:
    """A brief's Markdown as HTML that holds no markup of its own, no picture, and links to the web only."""
    from markupsafe import Markup

    # Escaped by the renderer: raw HTML is off in it.
    return Markup(_parser().render(wording.plain(text)))  # noqa: S704


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_block", "html_inline"])
    parser.validateLink = lambda url: url.lower().startswith(("https://", "http://"))  # type: ignore[method-assign]

    def link_open(self: Any, tokens: Any, index: int, options: Any, _env: Any) -> str:
        tokens[index].attrSet("rel", "noreferrer noopener nofollow")
        return str(self.renderToken(tokens, index, options, _env))

    def heading(self: Any, tokens: Any, index: int, options: Any, _env: Any) -> str:
        # A brief stands below a heading of the second level.
        tokens[index].tag = f"h{min(6, int(tokens[index].tag[1]) + 2)}"
        return str(self.renderToken(tokens, index, options, _env))

    for name, rule in (("link_open", link_open), ("heading_open", heading), ("heading_close", heading)):
        parser.add_render_rule(name, rule)
    return parser


def _write(text: str, path: Path) -> None:
    """Write a file whole or not at all."""
    try:
        store.write_whole(Path(path), text.encode("utf-8", errors="replace"))
    except OSError as error:
        raise UserError(f"{path}: cannot write the page ({error.strerror}); name a folder that is writable") from None
