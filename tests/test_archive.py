"""Archives: packed the same way every time, unpacked without trust."""

import io
import json
import os
import stat
import tarfile
import zipfile

import pytest

from ptassess import archive
from ptassess.errors import SubmissionError
from ptassess.exam import Exam
from ptassess.submission import MAX_FILES, Submission


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
    return archive.unpack(path, to)


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
    assert [p.name for p in Submission.open(unpack(path, tmp_path)).files()] == ["a.py"]


def add(opened, name, data=b"", kind=tarfile.REGTYPE, link=""):
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.linkname = len(data), kind, link
    opened.addfile(entry, io.BytesIO(data))


def zip_of(path, *names, mode=0, data="x"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(entry, data)
    return path


def tar_of(path, *entries):
    with tarfile.open(path, "w") as opened:
        for entry in entries:
            add(opened, *entry)
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
    "no zip": (lambda p: (p / "x.zip").write_bytes(b"PK\x03\x04" + b"x" * 50) and p / "x.zip", "cannot be unpacked"),
    "no tar": (lambda p: (p / "x.tar.gz").write_bytes(b"x" * 50) and p / "x.tar.gz", "cannot be unpacked"),
    "nothing": (lambda p: (p / "x.zip").write_bytes(b"") or p / "x.zip", "cannot be unpacked"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_line_and_writes_nothing_outside(tmp_path, name):
    make, said = HOSTILE[name]
    path = make(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(SubmissionError, match=rf"\A.*{said}.*\Z"):
        unpack(path, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*before, "unpacked"])
    assert not [p for p in (tmp_path / "unpacked").rglob("*") if p.is_symlink()]


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
