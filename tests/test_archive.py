"""Archives: packed the same way every time, unpacked without trust."""

import contextlib
import gzip
import io
import json
import os
import stat
import struct
import tarfile
import time
import zipfile
import zlib

import pytest

from ptassess import archive, unpacking
from ptassess.errors import SubmissionError
from ptassess.exam import Exam
from ptassess.intake import MAX_FILES
from ptassess.submission import Submission


@pytest.fixture
def kit(tmp_path):
    """A submission of two files."""
    folder = tmp_path / "ada"
    (folder / "solutions" / "pack").mkdir(parents=True)
    (folder / "solutions" / "a.py").write_text("def f():\n    return 1\n")
    (folder / "solutions" / "pack" / "__init__.py").write_text("x = 1\n")
    return folder


def unpack(path, tmp_path):
    to = tmp_path / "unpacked"
    to.mkdir()
    return unpacking.unpack(path, to)


def test_what_was_packed_is_what_is_unpacked(kit, tmp_path):
    manifest = archive.pack(Submission.open(kit), tmp_path / "ada.zip", candidate="Ada", exam=Exam())
    found = Submission.open(unpack(tmp_path / "ada.zip", tmp_path))
    assert found.facts().digest == manifest.digest == Submission.open(kit).facts().digest
    with zipfile.ZipFile(tmp_path / "ada.zip") as opened:
        told = json.loads(opened.read(archive.MANIFEST))
    assert (told["candidate"], told["exam"], told["files"]) == (
        "Ada",
        "everything",
        {"a.py": 22, "pack/__init__.py": 6},
    )


def test_the_same_files_make_the_same_archive_whenever_it_is_made(kit, tmp_path):
    archive.pack(Submission.open(kit), tmp_path / "one.zip", candidate="Ada", exam=Exam())
    os.utime(kit / "solutions" / "a.py", (0, 10**9))
    archive.pack(Submission.open(kit), tmp_path / "two.zip", candidate="Ada", exam=Exam())
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tgz", ".zip"])
@pytest.mark.parametrize("top", ["", "ada/"])
def test_an_archive_of_the_folder_or_of_what_is_in_it_is_understood(tmp_path, ending, top):
    path = tmp_path / f"x{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(path, "w") as opened:
            opened.writestr(f"{top}solutions/a.py", "x = 1\n")
    else:
        with tarfile.open(path, "w:gz" if "gz" in ending else "w") as opened:
            add(opened, f"{top}solutions/a.py", b"x = 1\n")
    assert list(Submission.open(unpack(path, tmp_path)).facts().files) == ["a.py"]


def add(opened, name, data=b"", kind=tarfile.REGTYPE, link="", *, pax=None):  # noqa: PLR0913  what a member has
    entry = tarfile.TarInfo(name)
    entry.pax_headers = pax or {}
    entry.size, entry.type, entry.linkname = len(data), kind, link
    opened.addfile(entry, io.BytesIO(data))


def zip_of(path, *names, mode=0, data="x", packed=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w") as opened:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = packed
            opened.writestr(entry, data)
    return path


def zip_with(path, old, new):
    """A zip of two files, a0.py and a1.py, in which some bytes are others."""
    data = zip_of(path, "a0.py", "a1.py").read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


def lying(path, size):
    """A zip whose member says that it has another size."""
    data = bytearray(zip_of(path, "a", data="x" * 1000).read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, size)
    path.write_bytes(data)
    return path


def overlapping(path):
    """A zip with two members that are one in the file; the second has its header inside the first."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as opened:
        opened.writestr("b", "x" * 100)
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("a", inner.getvalue())
        hidden = zipfile.ZipInfo("b")
        hidden.header_offset = 31
        hidden.CRC, hidden.file_size, hidden.compress_size = zlib.crc32(b"x" * 100), 100, 100
        opened.filelist.append(hidden)
        opened.NameToInfo["b"] = hidden
    # The control: the bytes are there twice, as far as this Python's own library lets that pass.
    refuses = pytest.raises(zipfile.BadZipFile, match="Overlapped") if sees_overlaps() else contextlib.nullcontext()
    with zipfile.ZipFile(path) as opened, refuses:
        assert opened.read("b") == b"x" * 100
    return path


def sees_overlaps():
    """Whether this Python's own library refuses members that overlap."""
    return hasattr(zipfile.ZipInfo("a"), "_end_offset")


def cut(path, bytes_off):
    path.write_bytes(path.read_bytes()[:-bytes_off])
    return path


def broken(path):
    """The second header's checksum is wrong."""
    data = bytearray(path.read_bytes())
    data[1024 + 150] ^= 1
    path.write_bytes(data)
    return path


def negative(path, size):
    """A tar whose member has a negative size: to some readers one without end."""
    header = bytearray(tarfile.TarInfo("a").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" + (256**11 + size).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(header + bytes(2048))
    return path


def chain(path):
    """Headers that each lengthen the next one's name; readers call themselves once for each."""
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 1
    path.write_bytes((entry.tobuf(tarfile.GNU_FORMAT) + b"a".ljust(512, b"\0")) * 5000 + bytes(1024))
    return path


def packed(folder):
    path = tar_of(folder / "x.tar", ("solutions/a.py", b"x"))
    path.with_suffix(".tgz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return path.with_suffix(".tgz")


def twice(path):
    path.write_bytes(2 * path.read_bytes())
    return path


def bomb(path):
    path.write_bytes(gzip.compress(bytes(100 << 20), 1))
    return path


def tar_of(path, *entries, pax=None):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT) as opened:
        for entry in entries:
            add(opened, *entry, pax=pax)
    return path


def tar_for_all(path, pax):
    """A tar whose first header holds for every member."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers=pax) as opened:
        add(opened, "solutions/a.py", b"x")
    return path


HOSTILE = {
    "an absolute name": (lambda p: zip_of(p / "x.zip", "/etc/x"), "leads out of the archive"),
    "dots": (lambda p: zip_of(p / "x.zip", "solutions/../../x"), "leads out of the archive"),
    "a backslash": (lambda p: zip_of(p / "x.zip", "solutions\\..\\x"), "leads out of the archive"),
    "a drive": (lambda p: zip_of(p / "x.zip", "C:x"), "leads out of the archive"),
    "dots in a tar": (lambda p: tar_of(p / "x.tar", ("../x", b"x")), "leads out of the archive"),
    "a link in a zip": (
        lambda p: zip_of(p / "x.zip", "solutions/a.py", mode=stat.S_IFLNK | 0o777),
        "a link or a device",
    ),
    "a link": (
        lambda p: tar_of(p / "x.tar", ("solutions/a.py", b"", tarfile.SYMTYPE, "/etc/passwd")),
        "link or a device",
    ),
    "a hard link": (
        lambda p: tar_of(p / "x.tar", ("solutions/a.py", b"x"), ("b", b"", tarfile.LNKTYPE, "solutions/a.py")),
        "link or a device",
    ),
    "a fifo": (lambda p: tar_of(p / "x.tar", ("solutions/f", b"", tarfile.FIFOTYPE)), "link or a device"),
    "a device": (lambda p: tar_of(p / "x.tar", ("solutions/d", b"", tarfile.CHRTYPE)), "link or a device"),
    "two of one name": (lambda p: tar_of(p / "x.tar", ("a", b"1"), ("a", b"2")), "two members of one name"),
    "too many": (lambda p: zip_of(p / "x.zip", *map(str, range(MAX_FILES + 1))), f"more than {MAX_FILES} files"),
    "a bomb": (lambda p: zip_of(p / "x.zip", "a", data="0" * (30 << 20)), "100 times its size"),
    "a NUL in a name": (lambda p: zip_with(p / "x.zip", b"a0.py", b"a\0.py"), "cannot be seen"),
    "an escape in a name": (lambda p: zip_of(p / "x.zip", "a\x1b[2J.py"), "cannot be seen"),
    "a turned name": (lambda p: tar_of(p / "x.tar", ("a\u202egpj.py", b"x")), "cannot be seen"),
    "no UTF-8": (lambda p: tar_of(p / "x.tar", ("caf\udce9.py", b"x")), "cannot be seen"),
    "a long name": (lambda p: zip_of(p / "x.zip", "a" * 300), "too long"),
    "a long path": (lambda p: zip_of(p / "x.zip", "/".join(["a" * 100] * 6)), "too long"),
    "a long name in a tar": (lambda p: tar_of(p / "x.tar", ("a" * 5000, b"x")), "too long"),
    "deep folders": (lambda p: zip_of(p / "x.zip", "a/" * 17 + "x"), "folders inside each other"),
    "names that differ in case": (lambda p: zip_of(p / "x.zip", "s/a.py", "s/A.py"), "two members of one name"),
    "folders that differ in case": (lambda p: zip_of(p / "x.zip", "s/a.py", "S/b.py"), "two members of one name"),
    "a letter composed twice": (lambda p: tar_of(p / "x.tar", ("\xe9", b"1"), ("e\u0301", b"2")), "two members"),
    "a name twice in a zip": (lambda p: zip_with(p / "x.zip", b"a0.py", b"a1.py"), "two members of one name"),
    "a file that is also a folder": (lambda p: zip_of(p / "x.zip", "a", "a/b"), "cannot be unpacked"),
    "an encrypted member": (
        lambda p: zip_with(p / "x.zip", b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"),
        "encrypted",
    ),
    "another packing": (lambda p: zip_of(p / "x.zip", "a", packed=zipfile.ZIP_LZMA), "unusual way"),
    "members that overlap": (lambda p: overlapping(p / "x.zip"), "members that overlap"),
    "a member that says less than it has": (lambda p: lying(p / "x.zip", 3), "cannot be unpacked"),
    "a member that says more than there can be": (lambda p: lying(p / "x.zip", 2**31), "times its size"),
    "a zip cut short": (lambda p: cut(zip_of(p / "x.zip", "a", "b"), 30), "cannot be unpacked"),
    "a sparse file": (lambda p: tar_of(p / "x.tar", ("a", b"x", tarfile.GNUTYPE_SPARSE)), "sparse"),
    "a sparse file by name": (
        lambda p: tar_of(
            p / "x.tar",
            ("a", b"x"),
            pax={"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1", "GNU.sparse.size": "99"},
        ),
        "sparse",
    ),
    "attributes for all members": (
        lambda p: tar_for_all(p / "x.tar", {f"key{i}": "" for i in range(200)}),
        "attributes that are too long",
    ),
    "a negative size": (lambda p: negative(p / "x.tar", -512), "negative size"),
    "a folder with bytes": (lambda p: tar_of(p / "x.tar", ("a", b"x" * 999, tarfile.DIRTYPE)), "link or a device"),
    "a long attribute": (lambda p: tar_of(p / "x.tar", ("a", b"x"), pax={"comment": "1" * 100_000}), "too long"),
    "many long attributes": (
        lambda p: tar_of(p / "x.tar", *((str(i), b"") for i in range(1500)), pax={"comment": "1" * 3500}),
        "too long",
    ),
    "a chain of long names": (lambda p: chain(p / "x.tar"), "cannot be unpacked|more than"),
    "a tar cut short": (lambda p: cut(tar_of(p / "x.tar", ("a", b"x" * 2000)), 9000), "cannot be unpacked"),
    "a tar cut between members": (
        lambda p: cut(tar_of(p / "x.tar", ("a", b"x"), ("b", b"x")), 10240 - 1024),
        "cut short",
    ),
    "a tar with a broken header": (lambda p: broken(tar_of(p / "x.tar", ("a", b"x"), ("b", b"x"))), "damaged"),
    "a packed tar cut short": (lambda p: cut(packed(p), 10), "cut short"),
    "two packed tars": (lambda p: twice(packed(p)), "follows the packed data"),
    "a packed bomb": (lambda p: bomb(p / "x.tgz"), "unpacks to more than"),
    "no zip": (lambda p: (p / "x.zip").write_bytes(b"PK\x03\x04" + b"x" * 50) and p / "x.zip", "cannot be unpacked"),
    "no tar": (lambda p: (p / "x.tar.gz").write_bytes(b"x" * 50) and p / "x.tar.gz", "cannot be unpacked"),
    "nothing": (lambda p: (p / "x.zip").write_bytes(b"") or p / "x.zip", "cannot be unpacked"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_line_and_writes_nothing_outside(tmp_path, name):
    make, said = HOSTILE[name]
    path = make(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    began = time.process_time()
    with pytest.raises(SubmissionError, match=rf"\A.*({said}).*\Z"):
        unpack(path, tmp_path)
    assert time.process_time() - began < 5
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*before, "unpacked"])
    assert not [p for p in (tmp_path / "unpacked").rglob("*") if p.is_symlink()]


SPARSE = {
    "old": (("a", b"x", tarfile.GNUTYPE_SPARSE), None),
    "0.0": (("a", b"x"), {"GNU.sparse.size": "99", "GNU.sparse.offset": "0", "GNU.sparse.numbytes": "1"}),
    "0.1": (("a", b"x"), {"GNU.sparse.size": "99", "GNU.sparse.map": "0,1"}),
    "1.0": (("a", b"1\n0\n1\n".ljust(513, b"x")), {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
}


@pytest.mark.parametrize("kind", SPARSE)
def test_a_sparse_member_is_refused_before_its_map_is_parsed(tmp_path, monkeypatch, kind):
    """A map of 16 KB packed took the grader's own process 28 s and 465 MB."""
    member, pax = SPARSE[kind]
    path = tar_of(tmp_path / "x.tar", member, pax=pax)

    def parsed(*_):
        raise AssertionError("the map was parsed")

    for name in ("_proc_sparse", "_proc_gnusparse_00", "_proc_gnusparse_01", "_proc_gnusparse_10"):
        monkeypatch.setattr(tarfile.TarInfo, name, parsed)
    with pytest.raises(AssertionError, match="was parsed"), tarfile.open(path) as opened:  # the control
        opened.getmembers()
    with pytest.raises(SubmissionError, match=r"\Ax\.tar: a is sparse; pack only solutions/\Z"):
        unpack(path, tmp_path)


def test_an_archive_of_git_is_taken(tmp_path):
    """It has a header for all members, with the commit."""
    tar_for_all(tmp_path / "x.tar", {"comment": "0" * 40})
    assert list(Submission.open(unpack(tmp_path / "x.tar", tmp_path)).facts().files) == ["a.py"]


def test_a_damaged_member_is_refused_in_one_line(kit, tmp_path):
    archive.pack(Submission.open(kit), tmp_path / "ada.zip", candidate="Ada", exam=Exam())
    data = bytearray((tmp_path / "ada.zip").read_bytes())
    data[data.index(b"def f") if b"def f" in data else 60] ^= 0xFF
    (tmp_path / "ada.zip").write_bytes(data)
    with pytest.raises(SubmissionError, match="cannot be unpacked"):
        unpack(tmp_path / "ada.zip", tmp_path)


def test_what_a_grader_could_not_read_is_said_before_it_is_handed_in(kit):
    (kit / "solutions" / "b.py").write_text("def f(:\n")
    (kit / "solutions" / "a.quiz.toml").write_text("[x")
    (kit / "solutions" / "c.py").symlink_to(kit / "solutions" / "a.py")
    told = archive.complaints(Submission.open(kit))
    assert len(told) == 3
    assert told[0].startswith("solutions/a.quiz.toml: ")
    assert told[1].startswith("solutions/b.py, line 1: ")
    assert told[2] == "solutions/c.py: a link; it is left out"
