"""Whether text that a candidate wrote does anything where it is shown: in a page, in XML, in JSON, in a terminal."""

from __future__ import annotations

import json
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

TOKEN = "pwned"  # noqa: S105  a word to look for
"""A word that every payload has in it, and nothing else on a page."""


class _Page(HTMLParser):
    """Collects what a browser would run, or load, because of a payload."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in {"script", "style"} else ""
        if TOKEN in tag or any(
            TOKEN in name or (TOKEN in (value or "") and name.startswith(("on", "src", "href", "style")))
            for name, value in attrs
        ):
            self.found.append(f"<{tag}> in the page")

    def handle_data(self, data: str) -> None:
        if self._inside and TOKEN in data:
            self.found.append(f"text in <{self._inside}>")

    def handle_endtag(self, _tag: str) -> None:
        self._inside = ""


def in_page(text: str) -> list[str]:
    """What a payload does in a page.

    Args:
        text: HTML.
    """
    page = _Page()
    page.feed(text)
    page.close()
    return [*page.found, *(f"{what} in the page" for what in in_terminal(text))]


def in_terminal(text: str) -> list[str]:
    """Characters that do something to a terminal, or to the order of what is read: controls, escapes, bidi, invisible.

    Args:
        text: as it is written there.
    """
    strange = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - set("\n\t")
    return [f"U+{ord(char):04X}" for char in sorted(strange)]


def in_xml(text: str) -> list[str]:
    """Why XML, such as JUnit's, cannot be read; and what in it does something to a terminal.

    Args:
        text: XML.
    """
    try:
        inside = "".join(ET.fromstring(text).itertext())  # noqa: S314  pytest wrote it
    except ET.ParseError as error:
        return [f"XML that cannot be read: {error}"]
    return in_terminal(inside)


def in_json(text: str) -> list[str]:
    """Why JSON cannot be read; and what in it does something to a terminal.

    Args:
        text: JSON.
    """
    try:
        return in_terminal(json.dumps(json.loads(text), ensure_ascii=False))
    except ValueError as error:
        return [f"JSON that cannot be read: {error}"]
