"""Workers of judges that run at the same time are different users."""

import os

import pytest

from ptassess.sandbox import identity


@pytest.fixture
def first_of(monkeypatch, tmp_path):
    """Of a judge, by its number; each asks anew, and keeps what it gets until the test ends."""
    monkeypatch.setattr(identity, "_RESERVED", tmp_path / "users")
    identity._first_of.cache_clear()
    yield identity._first_of.__wrapped__
    identity._first_of.cache_clear()


def test_judges_have_different_users_whatever_their_numbers_are(first_of):
    found = [first_of(judge) for judge in (10, 20, 21, 30, 11)]
    assert len(set(found)) == 5
    assert all((first - 60_000) % 500 == 0 and 60_000 <= first < 65_000 for first in found)


def test_more_judges_than_there_are_users_for_share_some(first_of):
    assert len({first_of(judge) for judge in range(10)}) == 10
    assert 60_000 <= first_of(4711) <= 64_500


def test_where_nothing_can_be_reserved_the_number_decides(first_of, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(identity, "_RESERVED", tmp_path / "file" / "users")
    assert first_of(10) == 60_310


def test_what_a_user_has_left_in_shared_memory_goes_folders_as_well_and_nobody_elses(monkeypatch, tmp_path):
    shared, other = tmp_path / "shm", tmp_path / "other"
    (shared / "folder" / "inner").mkdir(parents=True)
    (shared / "folder" / "inner" / "file").write_text("kept")
    (shared / "file").write_text("kept")
    other.mkdir()
    (other / "file").write_text("another's")
    (shared / "link").symlink_to(other)
    (shared / "folder" / "link").symlink_to(other)
    monkeypatch.setattr(identity, "_SHARED_MEMORY", shared)
    identity.sweep(os.getuid() + 1)
    assert len(list(shared.iterdir())) == 3
    identity.sweep(os.getuid())
    assert list(shared.iterdir()) == []
    assert (other / "file").read_text() == "another's"
