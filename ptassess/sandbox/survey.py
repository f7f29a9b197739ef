"""A msgpack header walked through before anything is built from it: how much is in it, how deep, and with which keys.

Msgpack's markers: https://github.com/msgpack/msgpack/blob/master/spec.md#formats. A header of 1 MiB can hold a million
empty dicts (70 MiB of objects), or 40,000 keys that are lists whose hashes collide (minutes of comparing).
"""

from __future__ import annotations

from dataclasses import dataclass

_TABLE = b"tensors"


class SurveyError(Exception):
    """Not whole, or beyond the caps; the text says which, and nothing of what was sent."""


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What a header may hold.

    Args:
        depth: levels of nesting of a value, from 0 for a plain one.
        items: values, containers counted as one each, keys not counted.
        text: bytes of a string.
        binary: bytes of a byte string.
        table: values in the table of tensors, which are no part of the message's own.
        nested: code of the extension that holds a header's value of its own.
    """

    depth: int
    items: int
    text: int
    binary: int
    table: int
    nested: int


# marker: (what it is, bytes of the length that follow it, or the length itself where it is in the marker)
_SCALAR, _TEXT, _BYTES, _LIST, _DICT, _EXT, _NOTHING = range(7)
_MARKERS: list[tuple[int, int, int]] = (  # kind, bytes of its length, length if it has none
    [(_SCALAR, 0, 0)] * 0x80
    + [(_DICT, 0, n) for n in range(16)]
    + [(_LIST, 0, n) for n in range(16)]
    + [(_TEXT, 0, n) for n in range(32)]
    + [(_SCALAR, 0, 0), (_NOTHING, 0, 0), (_SCALAR, 0, 0), (_SCALAR, 0, 0)]  # nil, never used, false, true
    + [(_BYTES, 1, 0), (_BYTES, 2, 0), (_BYTES, 4, 0)]
    + [(_EXT, 1, 0), (_EXT, 2, 0), (_EXT, 4, 0)]
    + [(_SCALAR, 0, n) for n in (4, 8, 1, 2, 4, 8, 1, 2, 4, 8)]  # floats, unsigned, signed
    + [(_EXT, 0, n) for n in (1, 2, 4, 8, 16)]
    + [(_TEXT, 1, 0), (_TEXT, 2, 0), (_TEXT, 4, 0), (_LIST, 2, 0), (_LIST, 4, 0), (_DICT, 2, 0), (_DICT, 4, 0)]
    + [(_SCALAR, 0, 0)] * 0x20
)
_FIELDS = 16  # of a message; the largest has eight


def survey(header: bytes, caps: Caps) -> None:
    """Walk through a message's header.

    Args:
        header: msgpack.
        caps: what it may hold.

    Raises:
        SurveyError: if it holds more, keys that are no strings, or ends too early or too late.
    """
    walk = _Walk(header, caps)
    try:
        kind, _, count = walk.token()
        if kind != _DICT or count > _FIELDS:
            raise SurveyError("a header that is none of the known messages")
        for _ in range(count):
            at = walk.at
            walk.key()
            if header[at : walk.at].endswith(_TABLE):
                walk.table()
            else:
                walk.values(1, caps.depth)
    except IndexError:
        raise SurveyError("a header that ends too early") from None
    if walk.at != len(header):
        raise SurveyError("a header that is followed by more")


class _Walk:
    def __init__(self, data: bytes, caps: Caps) -> None:
        self._data, self._caps = data, caps
        self._end = len(data)
        self._left = caps.items + _FIELDS  # the envelope's own are none of the value's
        self.at = 0

    def token(self) -> tuple[int, int, int]:
        """Step over one marker, its length, and what is no container: its kind, where its bytes begin, its length."""
        kind, width, length = _MARKERS[self._data[self.at]]
        self.at += 1
        if width:
            length = int.from_bytes(self._data[self.at : self.at + width], "big")
            self.at += width
        if kind in {_LIST, _DICT}:
            return kind, self.at, length
        if kind == _EXT:
            self.at += 1
        begin = self.at
        self.at += length
        if self.at > self._end:
            raise SurveyError("a header that ends too early")
        if kind == _NOTHING:
            raise SurveyError("a header that is not msgpack")
        if (kind == _TEXT and length > self._caps.text) or (kind == _BYTES and length > self._caps.binary):
            raise SurveyError("a string that is too long")
        return kind, begin, length

    def key(self) -> None:
        if self.token()[0] != _TEXT:
            raise SurveyError("a dict whose keys are not strings")

    def table(self) -> None:
        """The table of tensors: lists, strings and numbers, counted apart."""
        self._left, kept = self._caps.table, self._left
        self.values(1, 4)  # the table, an entry, its shape, a side
        self._left = kept

    def values(self, count: int, depth: int, *, keyed: bool = False) -> None:
        """Step over some values that may be nested that deep."""
        if count and depth < 0:
            raise SurveyError("a value that is nested too deep")
        self._left -= count  # all of a container's at once: a claim is refused before its values are looked for
        if self._left < 0:
            raise SurveyError("a value that has too many items")
        for _ in range(count):
            if keyed:
                self.key()
            kind, begin, length = self.token()
            if kind in {_LIST, _DICT}:
                self.values(length, depth - 1, keyed=kind == _DICT)
            elif kind == _EXT and self._data[begin - 1] == self._caps.nested:
                self._nested(begin, length, depth - 1)

    def _nested(self, begin: int, length: int, depth: int) -> None:
        self.at = begin
        kind, _, count = self.token()
        if kind != _LIST:
            raise SurveyError("a tuple that is none")
        self.values(count, depth)
        if self.at != begin + length:
            raise SurveyError("a tuple that is none")
