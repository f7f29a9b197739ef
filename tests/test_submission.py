"""A submission is read as data, and what cannot be used is said in one line."""

import os
import socket
import threading
from pathlib import Path

import pytest

from ptassess import intake
from ptassess.errors import SubmissionError
from ptassess.intake import MAX_BYTES, MAX_FILES
from ptassess.submission import Submission


@pytest.fixture
def kit(tmp_path):
    (tmp_path / "ada" / "solutions").mkdir(parents=True)
    return tmp_path / "ada"


def write(kit, name, text="x = 1\n"):
    path = kit / "solutions" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_answers_the_challenge_of_its_name(kit):
    path = write(kit, "autograd.py")
    assert Submission.open(kit).solution("autograd") == path


def test_a_package_answers_the_challenge_of_its_name(kit):
    path = write(kit, "autograd/__init__.py")
    assert Submission.open(kit).solution("autograd") == path


def test_the_solutions_folder_itself_can_be_named(kit):
    path = write(kit, "autograd.py")
    assert Submission.open(kit / "solutions").solution("autograd") == path


def test_a_challenge_without_an_answer_has_none(kit):
    write(kit, "autograd.py")
    assert Submission.open(kit).solution("gpus") is None


def test_the_digest_sees_names_and_contents(kit):
    write(kit, "a.py", "1")
    first = Submission.open(kit).facts()
    (kit / "solutions" / "a.py").rename(kit / "solutions" / "b.py")
    assert Submission.open(kit).facts().digest != first.digest
    assert first.files == {"a.py": 1}


def test_links_are_left_out(kit, tmp_path):
    write(kit, "a.py")
    secret = tmp_path / "secret.py"
    secret.write_text("")
    (kit / "solutions" / "b.py").symlink_to(secret)
    submission = Submission.open(kit)
    assert list(submission.facts().files) == ["a.py"]
    with pytest.raises(SubmissionError, match="a link; put the file itself there"):
        submission.solution("b")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda kit: kit / "nowhere", "no such submission"),
        (lambda kit: write(kit, "a.py"), "is a folder"),
        (lambda kit: kit, "is empty"),
        (lambda kit: kit.parent, r"no folder solutions/"),
    ],
)
def test_what_is_no_submission_is_said_in_one_line(kit, make, said):
    with pytest.raises(SubmissionError, match=said) as caught:
        Submission.open(make(kit))
    assert "\n" not in str(caught.value)


def test_two_answers_to_one_challenge_are_refused(kit):
    write(kit, "a.py")
    write(kit, "a/__init__.py")
    with pytest.raises(SubmissionError, match="remove one"):
        Submission.open(kit).solution("a")


def test_too_many_files_are_refused(kit):
    for index in range(MAX_FILES + 1):
        write(kit, f"f{index}.py", "")
    with pytest.raises(SubmissionError, match="leave only what the tasks ask for"):
        Submission.open(kit)


def test_links_are_left_out_and_said(kit):
    write(kit, "autograd.py")
    (kit / "solutions" / "alias.py").symlink_to(kit / "solutions" / "autograd.py")
    submission = Submission.open(kit)
    assert submission.facts().ignored == {"alias.py": "a link"}
    with pytest.raises(SubmissionError, match="a link; put the file itself there"):
        submission.solution("alias")


def test_what_is_not_a_regular_file_of_its_own_is_left_out_without_waiting_for_it(kit, tmp_path):
    write(kit, "autograd.py")
    solutions = kit / "solutions"
    os.mkfifo(solutions / "fifo.py")
    os.link(write(tmp_path / "x", "secret.py"), solutions / "hard.py")
    (solutions / "folder").symlink_to(tmp_path)
    write(kit, "shut.py").chmod(0)
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(solutions, os.O_RDONLY)
        server.bind(
            f"/proc/self/fd/{here}/socket.py" if Path("/proc/self/fd").is_dir() else str(solutions / "socket.py")
        )
        os.close(here)
    facts = Submission.open(kit).facts()
    told = dict(facts.ignored)
    if os.geteuid() == 0:  # root reads what it likes
        assert facts.files.pop("shut.py") == 6
    else:
        assert told.pop("shut.py") == "cannot be read (Permission denied)"
    assert list(facts.files) == ["autograd.py"]
    assert told == {
        "fifo.py": "a FIFO",
        "folder": "a link",
        "hard.py": "a hard link: the file has another name as well",
        "socket.py": "a socket",
    }


def test_an_answer_that_is_left_out_is_said_to_be_and_not_called_missing(kit, tmp_path):
    os.link(write(tmp_path / "x", "a.py"), write(kit, "b.py").with_name("autograd.py"))
    (kit / "solutions" / "autograd.quiz.toml").symlink_to(tmp_path)
    submission = Submission.open(kit)
    with pytest.raises(SubmissionError, match=r"solutions/autograd.py: a hard link.*; put the file itself there"):
        submission.solution("autograd")
    with pytest.raises(SubmissionError, match=r"solutions/autograd.quiz.toml: a link; put the file itself there"):
        submission.quiz("autograd")


def test_a_folder_of_answers_that_is_a_link_is_refused(kit, tmp_path):
    write(kit, "autograd.py")
    other = tmp_path / "mallory"
    other.mkdir()
    (other / "solutions").symlink_to(kit / "solutions")
    with pytest.raises(SubmissionError, match=r"\A.*solutions: a link; put the folder itself there\Z"):
        Submission.open(other)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *(
            (name, "configure pytest or Python")
            for name in (
                "conftest.py", "pytest.ini", ".pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", "evil.pth",
                "sitecustomize.py", "usercustomize.py", "autograd/conftest.py", "Conftest.py",
                "evil-1.0.dist-info/entry_points.txt",
            )
        ),
        ("torch.py", "the module torch;"),
        ("numpy/__init__.py", "the module numpy;"),
        ("random.py", "the module random;"),
        ("math.cpython-311-x86_64-linux-gnu.so", "the module math;"),
        *(
            (name, "it is compiled")
            for name in (
                "helper.pyc", "helper.pyo", "helper.pyd", "autograd/helper.so", "autograd/Helper.SO",
                "autograd/helper.cpython-311-x86_64-linux-gnu.so",
            )
        ),
        ("ptassess/__init__.py", "the module ptassess;"),
        ("a\u202ecod.py", "cannot be seen"),
        ("two\nlines.py", "cannot be seen"),
    ],
)  # fmt: skip
def test_what_would_steer_pytest_or_python_is_left_out_and_said(kit, name, why):
    write(kit, "autograd.py")
    write(kit, name, "raise SystemExit\n")
    facts = Submission.open(kit).facts()
    assert list(facts.files) == ["autograd.py"]
    ((shown, reason),) = facts.ignored.items()
    assert why in reason
    assert shown.isprintable()


def test_helpers_are_taken_whatever_they_are_called_in_their_package(kit):
    names = ["autograd/__init__.py", "autograd/math.py", "autograd/random/__init__.py", "helper.py", "notes.md",
             "linear_algebra.quiz.toml", "torch_utils.py", "weights.bin"]  # fmt: skip
    for name in names:
        write(kit, name)
    facts = Submission.open(kit).facts()
    assert sorted(facts.files) == sorted(names)
    assert facts.ignored == {}


def test_the_copy_is_what_the_digest_covers(kit, tmp_path):
    write(kit, "autograd/__init__.py", "1")
    write(kit, "autograd/inner/x.py", "2")
    write(kit, "conftest.py")
    facts = Submission.open(kit).facts(copy=tmp_path / "copy" / "solutions")
    copied = Submission.open(tmp_path / "copy").facts()
    assert (copied.digest, copied.files, copied.ignored) == (facts.digest, facts.files, {})
    assert facts.ignored.keys() == {"conftest.py"}


def test_what_is_swapped_for_a_link_meanwhile_does_not_get_in(kit, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("secret")
    honest, link = write(kit, "a.py", "honest"), kit / "link"
    link.symlink_to(secret)
    spare = kit / "spare"
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            honest.rename(spare)
            link.rename(honest)
            honest.rename(link)
            spare.rename(honest)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for _ in range(1500):
            try:
                seen |= {content for _, content in Submission(kit, kit / "solutions").contents()}
            except SubmissionError as error:
                assert "vanished" in str(error)  # noqa: PT017  nothing else may be raised
    finally:
        stop.set()
        thread.join()
    assert seen == {b"honest"}


def test_a_file_that_grows_while_it_is_read_is_refused(kit):
    path = write(kit, "a.py", "x" * 100)
    contents = Submission.open(kit)
    for item in intake.walk(contents.solutions):
        path.write_text("x" * 101)
        with pytest.raises(SubmissionError, match="it changed while it was read"):
            item.read()


def test_more_bytes_than_a_submission_may_have_are_refused_before_they_are_read(kit):
    with write(kit, "big.bin").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SubmissionError, match="64 MiB"):
        Submission.open(kit)


def test_a_folder_with_too_many_folders_is_given_up(kit):
    for index in range(MAX_FILES + 1):
        (kit / "solutions" / f"f{index}").mkdir()
    with pytest.raises(SubmissionError, match="leave only what the tasks ask for"):
        Submission.open(kit)


def test_deep_folders_are_refused(kit):
    write(kit, "a/" * 17 + "x.py")
    with pytest.raises(SubmissionError, match="folders inside each other"):
        Submission.open(kit)


def test_names_that_differ_in_case_only_are_refused(kit):
    write(kit, "a.py")
    write(kit, "A.py")
    if len(list((kit / "solutions").iterdir())) < 2:
        pytest.skip("this file system cannot keep them apart")
    with pytest.raises(SubmissionError, match=r"A.py and a.py differ in case only"):
        Submission.open(kit).facts()


def test_a_submission_of_which_nothing_can_be_taken_says_why(kit, tmp_path):
    (kit / "solutions" / "autograd.py").symlink_to(tmp_path)
    with pytest.raises(SubmissionError, match=r"nothing in it can be taken \(autograd.py: a link\)"):
        Submission.open(kit)


def test_a_name_that_is_not_utf_8_is_refused_in_one_line(kit):
    write(kit, "autograd.py")
    (kit / "solutions" / os.fsdecode(b"caf\xe9.py")).write_text("")
    with pytest.raises(SubmissionError, match=r"\A.*not UTF-8; rename it\Z"):
        Submission.open(kit)
