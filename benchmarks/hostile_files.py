"""Folders as hostile candidates could hand them in, taken in as grading does; what all hostile files have in common."""

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path

from hypothesis import strategies as st

from ptassess.errors import SubmissionError
from ptassess.intake import MAX_BYTES, MAX_FILES
from ptassess.submission import Submission

SECRET = b"a secret that lies outside"

NAMES = st.sampled_from((
    "a.py", "b.py", "A.py", "a", "b", "conftest.py", "torch.py", "numpy", "x.pth", "a\u202e.py", "new\nline", "\x1b[2J",
    "\xe9", "e\u0301", "n" * 255, "__pycache__", "solutions", ".git", "a.quiz.toml",
))  # fmt: skip
PLACES = st.sampled_from(
    ("../../secret", "../../secret/file", "/etc/passwd", ".", "..", "a.py", "nowhere", "/proc/self/mem")
)
ENTRIES = st.one_of(
    st.tuples(st.just("file"), st.binary(max_size=20)),
    st.tuples(st.just("file"), st.binary(max_size=20)),
    st.tuples(st.just("folder"), st.none()),
    st.tuples(st.just("folder"), st.none()),
    st.tuples(st.just("link"), PLACES),
    st.tuples(st.just("hard link"), st.none()),
    st.tuples(st.just("fifo"), st.none()),
    st.tuples(st.just("socket"), st.none()),
    st.tuples(st.just("sparse"), st.sampled_from((1000, MAX_BYTES, MAX_BYTES + 1, 2**40))),
    st.tuples(st.just("not UTF-8"), st.none()),
)
FOLDERS = st.lists(st.tuples(st.lists(NAMES, max_size=3), NAMES, ENTRIES), max_size=10)


def make_folder(root, entries):
    """What a candidate hands in, beside a secret that they can name."""
    solutions = root / "in" / "solutions"
    solutions.mkdir(parents=True)
    (root / "secret").mkdir()
    (root / "secret" / "file").write_bytes(SECRET)
    for parents, name, (kind, what) in entries:
        place = solutions.joinpath(*parents)
        if not place.resolve().is_relative_to(solutions):
            continue  # through a link: this here must not write outside either
        with contextlib.suppress(OSError):  # something else is there
            place.mkdir(parents=True, exist_ok=True)
            make_entry(place / name, kind, what, secret=root / "secret" / "file")


def make_entry(path, kind, what, *, secret):
    """One entry; nothing that is there is opened."""
    if kind == "file":
        with path.open("xb") as file:
            file.write(what)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(what)
    elif kind == "hard link":
        os.link(secret, path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    elif kind == "sparse":
        with path.open("xb") as file:
            file.truncate(what)
    else:
        with open(os.fsencode(path.parent) + b"/caf\xe9.py", "xb"):  # noqa: PTH123  a name that is not UTF-8
            pass


def feed_folder(entries):
    """Take a folder in as grading does; the outcome in a few words."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        make_folder(root, entries)
        before = told_of(root)
        try:
            facts = Submission.open(root / "in").facts(copy=root / "copy" / "solutions")
        except SubmissionError as error:
            check_line(error)
            return [f"SubmissionError: {kind_of(error, root)}"]
        finally:
            after = told_of(root)
            assert {name: after[name] for name in before} == before
            assert all(name.startswith("copy") for name in after.keys() - before.keys())
        copied = Submission.open(root / "copy").facts()
        assert (copied.digest, copied.files, copied.ignored) == (facts.digest, facts.files, {})
        assert all(text.isprintable() for text in (*facts.files, *facts.ignored))
        check_written(root / "copy")
        return ["taken" if not facts.ignored else "taken in part"]


def scratched(rng, data):
    """Bytes with some changed, cut out, doubled or put in.

    Args:
        rng: generator of random numbers.
        data: to begin with.
    """
    markers = (b"\xdd\xff\xff\xff\xff", b"\xdf\x00\x10\x00\x00", b"\xdc\xff\xff", b"\xc7\xff\x02", b"\xc1")
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at, size = rng.randint(0, len(data)), rng.choice((0, 1, 1, 1, 2, 5))
        old = bytes(data[at : at + size])
        data[at : at + size] = rng.choice((rng.randbytes(size), rng.randbytes(size), 2 * old, b"", rng.choice(markers)))
    return bytes(data)


def check_written(folder):
    """Only plain files and folders of ours, no more than the caps allow, and nothing secret."""
    count = size = 0
    for place, folders, names in os.walk(folder):
        for name in folders + names:
            found = os.lstat(Path(place) / name)
            assert stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
        for name in names:
            path = Path(place) / name
            assert path.lstat().st_nlink == 1
            count += 1
            size += path.lstat().st_size
            assert path.lstat().st_size > 1000 or path.read_bytes() != SECRET
    assert count <= MAX_FILES
    assert size <= MAX_BYTES


def told_of(root):
    """What lies below a folder: kind, size and time of each."""
    told = {}
    for place, folders, names in os.walk(root):
        for name in folders + names:
            path = Path(place) / name
            found = path.lstat()
            # A folder's time changes with what is made in it; links are not followed.
            still = found.st_mtime_ns if not stat.S_ISDIR(found.st_mode) else 0
            told[path.relative_to(root).as_posix()] = (found.st_mode, still, found.st_nlink if still else 0)
    return told


def check_line(error):
    """An error is one line that can be shown."""
    assert str(error).isprintable(), ascii(str(error))


def kind_of(error, root):
    """The part of an error's text that does not depend on names."""
    text = str(error).replace(str(root), "").partition(": ")[2].partition(";")[0]
    if text.startswith("cannot be unpacked"):
        why = re.sub("[^a-z ]+", " ", text.partition("(")[2].lower())  # names and numbers differ
        return "cannot be unpacked: " + " ".join(why.split()[:4])
    if text.startswith("two members of one name"):
        return "two members of one name"
    words = ("leads out", "is a link or a device", "cannot be seen", "is encrypted", "unusual way", "differ in case",
             "not UTF-8", "nothing in it can be taken", "64 MiB", "vanished")  # fmt: skip
    return next((f"… {word} …" for word in words if word in text), text[:60])
