"""Archives read without trust: from memory, member by member, with every size compared before it is believed.

Nothing is extracted by the standard library: its ``data`` filter lets links inside the archive, sparse files and names
that differ in case only pass. Here only bytes of regular files come out, and we write them.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ptassess.errors import SubmissionError
from ptassess.filenames import Twins, objection
from ptassess.intake import MAX_BYTES, MAX_FILES
from ptassess.sandbox.cleaning import in_full, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, NoReturn

SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar")
MAX_RATIO = 100  # unpacked to packed; code seldom exceeds 10
_SMALL = 1 << 20  # bytes; below this a ratio says nothing
_OVERHEAD = 16 << 20  # bytes of headers and padding: 2,000 members of a tar with long names have 4 MiB
_MAX_MEMBERS = 2 * MAX_FILES  # folders are members of their own
_CHUNK = 1 << 16
_BLOCK = tarfile.BLOCKSIZE
_EXTENDED = frozenset({
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
})  # fmt: skip
_MAX_EXTENDED = 4 << 10  # bytes: a long name and a few attributes
_MAX_GLOBAL = 1 << 10  # bytes of all headers that hold for every member, which keeps a copy; git's has 52
# Sum of the squares of their bytes. Some Pythons parse them with regular expressions that take quadratic time
# (CVE-2024-6232), on 2 GHz 2.5 ns a square; 2,000 members with 700 bytes each stay below.
_ALL_EXTENDED = 10**9

_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's directory; .ZIP File Format Specification (APPNOTE), 4.3.12
_LOCAL = 30  # bytes of a member's own header without its name; 4.3.7
_ENCRYPTED = 0x1 | 0x40  # flags: encrypted, strongly encrypted; 4.4.4

# What the standard library is known to raise on damaged archives; RuntimeError: also recursion and encrypted zips.
_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError, LookupError, OSError,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether a path is a file with an archive's ending.

    Args:
        path: any.
    """
    return os.path.isfile(path) and path.name.casefold().endswith(SUFFIXES)  # noqa: PTH113  Path's raises for some


def unpack(archive: Path, to: Path) -> Path:
    """Unpack an archive's regular files, as far as they are harmless.

    Args:
        archive: of a kind in ``SUFFIXES``.
        to: an empty folder.

    Returns:
        The folder in it that holds ``solutions``: itself, or the only one at its top.

    Raises:
        SubmissionError: one line, for absolute names, ``..``, links, devices, sparse and encrypted members, members
            that overlap, two members of one name or of names that differ in case only, names with hidden characters,
            too many files or bytes, a ratio above 100, or what is damaged, cut short, or no archive at all.
    """
    shown = in_full(archive.name)
    try:
        with archive.open("rb") as file:
            data = file.read(MAX_BYTES + _OVERHEAD + 1)
        if len(data) > MAX_BYTES + _OVERHEAD:
            raise SubmissionError(f"{shown}: larger than {MAX_BYTES >> 20} MiB; pack only solutions/")
        members = (
            _of_zip(data)
            if archive.name.casefold().endswith(".zip")
            else _of_tar(data, archive.name.casefold().endswith("gz"))
        )
        _write_all(members, to, min(MAX_BYTES, max(_SMALL, MAX_RATIO * len(data))))
    except _RefusedError as error:
        raise SubmissionError(f"{shown}: {error}; pack only solutions/") from None
    except _DAMAGED as error:
        why = one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200).rstrip(":")
        raise SubmissionError(f"{shown}: cannot be unpacked ({why}); `ptassess submit` makes a zip") from None
    inside = [path for path in to.iterdir() if path.is_dir()]
    alone = len(inside) == 1 and inside[0].name != "solutions" and (inside[0] / "solutions").is_dir()
    return inside[0] if alone else to


class _RefusedError(Exception):
    """Something that no honest archive has; the text says what."""


def _write_all(members: Iterator[tuple[str, int, IO[bytes]]], to: Path, room: int) -> None:
    """Write the files below a folder, while there is room for that many bytes."""
    taken, twins = set[PurePosixPath](), Twins()
    for count, (name, size, stream) in enumerate(members, 1):
        path = _harmless(name)
        if count > MAX_FILES:
            raise _RefusedError(f"more than {MAX_FILES} files")
        if path in taken or twins.of(path.as_posix()):
            raise _RefusedError(f"two members of one name, {in_full(name)}")
        taken.add(path)
        room -= size
        if room < 0:
            raise _RefusedError(
                f"unpacks to more than {MAX_BYTES >> 20} MiB, or to more than {MAX_RATIO} times its size"
            )
        _write(to / path, size, stream)


def _of_zip(data: bytes) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Names, declared sizes and contents of a zip's files."""
    if data.count(_ENTRY) > _MAX_MEMBERS:  # before the library makes an object of each
        raise _RefusedError(f"more than {MAX_FILES} files")
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        members = opened.infolist()
        _refuse_overlaps(members, opened.start_dir)
        for member in members:
            name = member.orig_filename  # as it stands there; the other one ends at a NUL
            if member.is_dir():
                continue
            if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
                raise _RefusedError(f"{in_full(name)} is a link or a device")
            if member.flag_bits & _ENCRYPTED:
                raise _RefusedError(f"{in_full(name)} is encrypted")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _RefusedError(f"{in_full(name)} is packed in an unusual way")
            with opened.open(member) as stream:
                yield name, member.file_size, stream


def _refuse_overlaps(members: list[zipfile.ZipInfo], end: int) -> None:
    """Members that share their packed bytes: 10 MB so become 281 TB (D. Fifield, "A better zip bomb", WOOT 2019)."""
    for member in sorted(members, key=lambda one: one.header_offset, reverse=True):
        least = member.header_offset + _LOCAL + len(member.orig_filename) + member.compress_size
        if not 0 <= member.header_offset <= least <= end:
            raise _RefusedError("members that overlap")
        end = member.header_offset


def _of_tar(data: bytes, is_packed: bool) -> Iterator[tuple[str, int, IO[bytes]]]:  # noqa: FBT001
    """Names, declared sizes and contents of a tar's files."""
    plain = _inflated(data) if is_packed else data
    # As a stream: a member whose size is negative would lead back to where it began.
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r|", bufsize=_CHUNK, tarinfo=_headers()) as tar:
        for entry in tar:
            if entry.isdir() and entry.size == 0:
                continue
            stream = tar.extractfile(entry) if entry.isreg() and entry.sparse is None else None
            if stream is None:
                raise _RefusedError(f"{in_full(entry.name)} is a link or a device, or sparse")
            yield entry.name, entry.size, stream
        end = tar.offset
    if plain[end : end + _BLOCK] != bytes(_BLOCK):  # what cannot be read ends a tar as well as a block of zeros does
        raise _RefusedError("it is cut short or damaged")


def _headers() -> type[tarfile.TarInfo]:
    """A class of headers that counts them, and looks at those which only lengthen the next one before they are read.

    A sparse member is refused before its map is parsed: one of 16 KB took 28 s and 465 MB.
    """
    count = extended = for_all = 0

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str | None, errors: str) -> Header:
            nonlocal count, extended, for_all
            found = super().frombuf(buf, encoding, errors)  # type: ignore[arg-type]  # typeshed knows no None
            count += 1
            if count > 2 * _MAX_MEMBERS:
                raise _RefusedError(f"more than {MAX_FILES} files")
            if found.size < 0:
                raise _RefusedError("a member of a negative size")
            if found.type == tarfile.GNUTYPE_SPARSE:
                raise _RefusedError(f"{in_full(found.name)} is sparse")
            if found.type in _EXTENDED:
                extended += found.size**2
                for_all += found.size if found.type == tarfile.XGLTYPE else 0
                if found.size > _MAX_EXTENDED or extended > _ALL_EXTENDED or for_all > _MAX_GLOBAL:
                    raise _RefusedError("names or attributes that are too long")
            return found

        def _sparse(self, member: tarfile.TarInfo, *_: object) -> NoReturn:
            raise _RefusedError(f"{in_full(member.name)} is sparse")

        # What the library calls for the three formats that come with extended headers.
        _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _sparse

    return Header


def _inflated(data: bytes) -> bytes:
    inflate = zlib.decompressobj(31)  # gzip, as zlib.h says of windowBits
    limit = MAX_BYTES + _OVERHEAD
    plain = inflate.decompress(data, limit)
    if inflate.unconsumed_tail and not inflate.eof:
        raise _RefusedError(f"unpacks to more than {MAX_BYTES >> 20} MiB")
    if not inflate.eof:
        raise _RefusedError("it is cut short or damaged")
    if inflate.unused_data.strip(b"\0"):
        raise _RefusedError("something follows the packed data")
    return plain


def _write(target: Path, size: int, stream: IO[bytes]) -> None:
    """Write one member; it may not have more bytes than it said, nor fewer."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while chunk := stream.read(_CHUNK):
            size -= len(chunk)
            if size < 0:
                break
            file.write(chunk)
    if size:
        raise _RefusedError("a member of another size than it says")


def _harmless(name: str) -> PurePosixPath:
    """A member's name as a path that stays inside, can be read, and means one thing on every system."""
    path = PurePosixPath(name)
    if in_full(name, len(name)) != name:
        raise _RefusedError(f"{in_full(name)} has characters in its name that cannot be seen")
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not path.parts:
        raise _RefusedError(f"{in_full(name)!r} leads out of the archive")
    if wrong := objection(name):
        raise _RefusedError(wrong)
    return path
