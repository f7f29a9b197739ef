"""Signatures of run files: what is signed, signing it, and finding out whether a file is what was signed.

Signed is the whole file as JSON of one form (RFC 8785, JSON Canonicalization Scheme), all but the 64 bytes of the
signature themselves: spaces, the order of names and the way a number is written can change, nothing else. The form is
made from the file, not from ``ptassess.result``: a run with fields that this version does not know keeps its signature.
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from json.encoder import encode_basestring as _string
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ptassess.keys import PublicKey
from ptassess.result import Run, Signature, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptassess.keys import PrivateKey

_PURPOSE = b"ptassess run file, version 1\n"  # so that nothing signed for another purpose can be passed off as a run
_EXACT = 2**53  # RFC 8785, section 3.2.2.3 and I-JSON: readers that use doubles bend whole numbers from here on
_LEAST_PLAIN, _LEAST_POWER = 1e-6, 1e21  # ECMA-262, Number::toString: between them no exponent is written


@dataclass(frozen=True)
class Seal:
    """What a run's stamp is worth on this machine.

    Args:
        word: the stamp; ``unknown key`` for *verified* by somebody whose key is not trusted here.
        key: that it is signed with, by the name that it has here; None for none.
    """

    word: Stamp | Literal["unknown key"]
    key: PublicKey | None = None


def seal(run: Run, trusted: Mapping[str, PublicKey]) -> Seal:
    """What a run's stamp is worth.

    Args:
        run: as ``ptassess.store.read`` gives it, which has found that its signature fits.
        trusted: keys by name.
    """
    key = key_of(run)
    known = next((known for known in trusted.values() if key and known.text == key.text), None)
    return Seal("unknown key" if run.stamp == "verified" and known is None else run.stamp, known or key)


def key_of(run: Run) -> PublicKey | None:
    """The key that a run is signed with; None if it is not.

    Args:
        run: the facts.
    """
    try:
        return replace(PublicKey.parse(run.signature.key), name="") if run.signature else None
    except ValueError:
        return None  # of a run that nobody has read from a file


def sign(run: Run, key: PrivateKey) -> Run:
    """A run with its signature.

    Args:
        run: all facts.
        key: to sign with.

    Raises:
        ValueError: if a number in it has no exact form that every reader of JSON shares.
    """
    unsigned = msgspec.structs.replace(run, signature=Signature(key=key.public.text))
    value = base64.b64encode(key.sign(_message(_parse(msgspec.json.encode(unsigned))))).decode()
    return msgspec.structs.replace(run, signature=Signature(key=key.public.text, value=value))


def signer(text: bytes) -> PublicKey | None:
    """Whose signature fits a run file; it says nothing on whether to trust them.

    Args:
        text: the file.

    Returns:
        The key, without a name; None if the file is not signed.

    Raises:
        ValueError: if the file is not what was signed.
    """
    try:
        whole = _parse(text)
        if whole.get("signature") is None:
            return None
        signature = msgspec.convert(whole["signature"], Signature)
        key = PublicKey.parse(signature.key)
        value = _bytes_of(signature.value)
        message = _message(whole)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise ValueError(f"its signature cannot be read ({error})") from None
    if not key.fits(value, message):
        raise ValueError("it was changed after it was signed")
    return key


def canonical(value: Any) -> bytes:
    """JSON in the form of RFC 8785.

    Args:
        value: what ``json.loads`` gives.

    Raises:
        ValueError: for a number or a text that has no such form.
    """
    return _canonical(value).encode()


def _bytes_of(text: str) -> bytes:
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:  # of several texts for the same bytes, one is right
        raise ValueError("its last bits say nothing")
    return found


def _message(whole: dict[str, Any]) -> bytes:
    named = {name: value for name, value in whole["signature"].items() if name != "value"}
    return _PURPOSE + canonical(whole | {"signature": named})


def _parse(text: bytes) -> dict[str, Any]:
    whole = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number)
    if not isinstance(whole, dict):
        raise ValueError("not an object")  # noqa: TRY004  one kind of error for all that is wrong with a file
    return whole


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")  # readers differ on which one counts
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _canonical(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _string(value)
    if kind is dict:
        # By UTF-16 code units; for ASCII that is the order of the characters, and quicker to find.
        names = sorted(value, key=None if all(map(str.isascii, value)) else lambda name: name.encode("utf-16-be"))
        return "{" + ",".join([f"{_string(name)}:{_canonical(value[name])}" for name in names]) + "}"
    if kind is list:
        return "[" + ",".join(map(_canonical, value)) + "]"
    if kind is float:
        return _number(value)
    if kind is int:
        if not -_EXACT < value < _EXACT:
            raise ValueError("a whole number beyond 2^53, which not every reader of JSON keeps")
        return str(value)
    return {None: "null", True: "true", False: "false"}[value]


def _number(value: float) -> str:
    """A double as ECMA-262 writes it."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON")
    if value == 0:
        return "0"
    if _LEAST_PLAIN <= abs(value) < _LEAST_POWER:
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return repr(value).replace("e-0", "e-")
