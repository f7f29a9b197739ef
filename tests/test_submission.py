"""A submission is read as data, and what cannot be used is said in one line."""

import pytest

from ptassess.errors import SubmissionError
from ptassess.submission import MAX_FILES, Submission


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
    assert [path.name for path in submission.files()] == ["a.py"]
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


def test_a_name_that_is_not_utf_8_is_refused_in_one_line(kit):
    import os

    write(kit, "autograd.py")
    (kit / "solutions" / os.fsdecode(b"caf\xe9.py")).write_text("")
    with pytest.raises(SubmissionError, match=r"\A.*not UTF-8; rename it\Z"):
        Submission.open(kit)
