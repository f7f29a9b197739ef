"""Which flags a person has judged: ``dismissed.toml`` beside the results, written by hand or by --dismiss."""

import json
import tomllib
from datetime import UTC, datetime

from ptassess.errors import UserError
from ptassess.sandbox.cleaning import clean

NAME = "dismissed.toml"
_FORM = """[[dismissed]]
pair = ["A", "B"]
reason = "why"
by = "who"
when = 2026-01-31"""


def read(folder):
    """The judgements.

    Args:
        folder: of the results.

    Returns:
        ``{"reason", "by", "when"}`` by the two names; the last of a pair counts.

    Raises:
        UserError: one line, if the file cannot be used.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("dismissed", [])
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not TOML ({error}); mend it or delete it") from None
    found = {}
    for row in rows if isinstance(rows, list) else [None]:
        pair = row.get("pair") if isinstance(row, dict) else None
        if not isinstance(pair, list) or len({*map(str, pair)}) != 2 or not str(row.get("reason", "")).strip():
            form = " ".join(_FORM.splitlines())
            raise UserError(f"{path}: each entry needs a pair of two names and a reason, as in: {form}")
        found[frozenset(map(str, pair))] = {key: str(row.get(key, "")) for key in ("reason", "by", "when")}
    return found


def add(folder, pair, reason, by):
    """Note a judgement.

    Args:
        folder: of the results.
        pair: two names, as the overview shows them.
        reason: why the flag is dismissed.
        by: who says so; may be empty.

    Raises:
        UserError: one line, without a reason, for a pair that is no flag, or if it cannot be written.
    """
    if not reason.strip():
        raise UserError('--dismiss: needs --reason "…": what the next reader should know')
    try:
        flags = json.loads((folder / "similarity.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{folder}: nothing was compared there yet; run `ptassess similarity` on it first") from None
    if not any(set(flag["names"]) == set(pair) for flag in flags):
        known = "; ".join(" ".join(flag["names"]) for flag in flags) or "none"
        raise UserError(f"--dismiss {pair[0]} {pair[1]}: no such flag; there are: {known}")
    path = folder / NAME
    read(folder)  # one that cannot be used is said before it grows
    entry = (
        f"[[dismissed]]\npair = [{_quoted(pair[0])}, {_quoted(pair[1])}]\nreason = {_quoted(reason)}\n"
        f"by = {_quoted(by)}\nwhen = {datetime.now(UTC).date().isoformat()}\n"
    )
    try:
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        path.write_text(f"{before.rstrip()}\n\n{entry}".lstrip(), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None


def _quoted(text):
    """A TOML basic string: JSON's escapes are among TOML's once control characters are gone."""
    return json.dumps(clean(text, 1_000), ensure_ascii=False)
