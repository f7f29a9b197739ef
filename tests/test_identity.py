"""Workers of judges that run at the same time are different users."""

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
