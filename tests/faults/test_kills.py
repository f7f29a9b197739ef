"""The harness beside it, in its short form: a few random kills, and the results of a batch that nobody disturbed."""

from pathlib import Path

from ptassess.loading import load_file

kills = load_file(Path(__file__).with_name("kills.py"), "kills")


def test_ten_random_kills_lose_nothing_change_nothing_and_leave_nothing(tmp_path):
    figures = kills.measure(tmp_path, kills=10, submissions=2, pause=(0.05, 0.7), seed=4)
    assert figures["by kind"] == dict.fromkeys(kills.KINDS, 2)
    assert figures["differing"] == []
    assert figures["judged twice"] == 0
    assert figures["processes left"] == []
    assert figures["files left"] == []
