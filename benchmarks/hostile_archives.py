"""Archives as hostile candidates could hand them in, built field by field, unpacked as grading does."""

import gzip
import random
import struct
import tarfile
import tempfile
import zlib
from pathlib import Path

from hostile_files import NAMES, SECRET, check_line, check_written, kind_of, scratched, told_of
from hypothesis import strategies as st

from ptassess.errors import SubmissionError
from ptassess.intake import MAX_BYTES
from ptassess.unpacking import unpack

MEMBERS = st.one_of(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join).map("solutions/".__add__),
    st.sampled_from(
        (
            "/etc/x",
            "../x",
            "solutions/../../x",
            "a\\..\\b",
            "c:x",
            "",
            ".",
            "./a",
            "a//b",
            "a/",
            "a\0b",
            "n" * 300,
            "a/" * 20 + "x",
            "/".join(["n" * 200] * 4),
            "solutions",
            "\u202e",
            "caf\udce9",
        )
    ),
)
SIZES = st.sampled_from((-513, -512, -1, 0, 1, 511, 512, 5000, MAX_BYTES, MAX_BYTES + 1, 2**31, 2**32 - 1, 2**33 - 1))
CONTENTS = st.binary(max_size=30) | st.sampled_from((600, 70_000, 2 << 20)).map(bytes)
ZIPPED = st.tuples(
    MEMBERS,
    CONTENTS,
    st.sampled_from((0, 8)),
    st.dictionaries(
        st.sampled_from(("flags", "method", "crc", "packed", "size", "name", "offset", "mode", "local name", "extra")),
        st.integers(0, 2**32 - 1) | st.sampled_from((0, 1, 8, 9, 12, 14, 0x41, 0xA1FF0000, 0x11FF0000)),
        max_size=1,
    ),
)
TARRED = st.tuples(
    MEMBERS,
    CONTENTS,
    st.sampled_from(
        (tarfile.REGTYPE,) * 8
        + (
            tarfile.AREGTYPE,
            tarfile.CONTTYPE,
            tarfile.DIRTYPE,
            tarfile.SYMTYPE,
            tarfile.LNKTYPE,
            tarfile.FIFOTYPE,
            tarfile.CHRTYPE,
            tarfile.GNUTYPE_SPARSE,
            tarfile.XHDTYPE,
            tarfile.XGLTYPE,
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
            b"Z",
        )
    ),
    st.none() | SIZES,
    st.none()
    | st.dictionaries(
        st.sampled_from(
            (
                "path",
                "size",
                "linkpath",
                "hdrcharset",
                "GNU.sparse.map",
                "GNU.sparse.size",
                "GNU.sparse.major",
                "GNU.sparse.minor",
                "GNU.sparse.name",
                "comment",
            )
        ),
        st.sampled_from(
            ("", "1", "-1", "0,1", "0,1,5", "99999999999999999999", "../x", "/etc/x", "BINARY", "1" * 3000)
        ),
        min_size=1,
        max_size=3,
    ),
)


@st.composite
def archives(draw):
    """An archive's bytes and its ending, built member by member, and then perhaps scratched."""
    ending = draw(st.sampled_from((".zip", ".zip", ".tar", ".tgz")))
    if ending == ".zip":
        data = zipped(draw(st.lists(ZIPPED, max_size=5)))
    else:
        data = tarred(draw(st.lists(TARRED, max_size=5)))
    rng = random.Random(draw(st.integers(0, 2**64 - 1)))  # noqa: S311  no secret
    harm = draw(st.sampled_from(("none", "none", "scratched", "cut", "followed")))
    pack = ending == ".tgz"
    if harm == "scratched" and not (pack and draw(st.booleans())):
        data = scratched(rng, data)
    data = gzip.compress(data, 1, mtime=0) if pack else data
    if harm == "scratched" and pack and len(data) < 10_000:
        data = scratched(rng, data)
    if harm == "cut":
        data = data[: draw(st.integers(0, len(data)))]
    if harm == "followed":
        data += draw(st.binary(max_size=30))
    return ending, data


def zipped(members):
    """A zip with every field as it is asked for; see the ZIP File Format Specification, 4.3."""
    body, directory = bytearray(), bytearray()
    for name, content, method, bent in members:
        raw = name.encode(errors="surrogateescape")
        packed = content if method == 0 else zlib.compress(content, 1, -15)
        told = {
            "flags": 0x800,
            "method": method,
            "crc": zlib.crc32(content),
            "packed": len(packed),
            "size": len(content),
            "name": len(raw),
            "offset": len(body),
            "mode": 0,
            "local name": len(raw),
            "extra": 0,
        } | bent
        short = {key: told[key] & 0xFFFF for key in ("flags", "method", "name", "local name", "extra")}
        long = [told[key] & 0xFFFFFFFF for key in ("crc", "packed", "size")]
        body += struct.pack(
            "<4s5H3I2H", b"PK\3\4", 20, short["flags"], short["method"], 0, 33, *long, short["local name"], 0
        )
        body += raw + packed
        directory += (
            struct.pack(
                "<4s6H3I5H2I",
                b"PK\1\2",
                0x314,
                20,
                short["flags"],
                short["method"],
                0,
                33,
                *long,
                short["name"],
                short["extra"],
                0,
                0,
                0,
                told["mode"],
                told["offset"],
            )
            + raw
        )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory + end)


def tarred(members):
    """A tar with every field as it is asked for."""
    data = bytearray()
    for name, content, kind, size, attributes in members:
        for own, body, type_ in (
            *([("pax", records(attributes), tarfile.XHDTYPE)] if attributes else []),
            (name, content, kind),
        ):
            entry = tarfile.TarInfo(own[:90] or "a")
            entry.type, entry.linkname = type_, "../secret/file"
            header = bytearray(entry.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")[:512])
            told = len(body) if size is None or own == "pax" else size
            header[124:136] = b"%011o\0" % told if 0 <= told < 8**11 else b"\xff" + (256**11 + told).to_bytes(11, "big")
            header[148:156] = b" " * 8
            header[148:156] = b"%06o\0 " % sum(header)
            data += header + body + bytes(-len(body) % 512)
    return bytes(data + bytes(1024))


def records(attributes):
    """Pax records: each begins with its own length."""
    made = b""
    for key, value in attributes.items():
        rest = f" {key}={value}\n".encode()
        size = len(rest) + 1
        while len(str(size)) + len(rest) != size:
            size = len(str(size)) + len(rest)
        made += str(size).encode() + rest
    return made


def feed_archive(archive):
    """Unpack an archive as grading does; the outcome in a few words."""
    ending, data = archive
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        to = root / "a" / "b" / "to"
        to.mkdir(parents=True)
        (root / "secret").mkdir()
        (root / "secret" / "file").write_bytes(SECRET)
        path = root / f"x{ending}"
        path.write_bytes(data)
        before = told_of(root)
        try:
            found = unpack(path, to)
        except SubmissionError as error:
            check_line(error)
            return [f"SubmissionError: {kind_of(error, root)}"]
        finally:
            after = told_of(root)
            assert {name: after[name] for name in before} == before
            assert all(name.startswith("a/b/to/") for name in after.keys() - before.keys())
            check_written(to)
        assert to in {found, found.parent}
        return ["unpacked" if any(path.is_file() for path in to.rglob("*")) else "unpacked, and empty"]
