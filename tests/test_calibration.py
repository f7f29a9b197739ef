"""Bands come from the reference's own evidence over many seeds, and are read back as they were written."""

from pathlib import Path

import pytest

from ptassess import calibration
from ptassess.calibration import Band
from ptassess.errors import ContentError, UserError
from ptassess.machine import machine_facts
from ptassess.new import create
from ptassess.registry import catalogue

KINDS = Path(__file__).parents[1] / "docs" / "kinds"


def test_the_bands_of_a_challenge_are_what_its_reference_reached(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = catalogue((KINDS,))
    bands = calibration.calibrate(found.challenge("kinds"), found.private["kinds"])
    assert bands["test_finds_the_root"]["calls"] == Band(low=24, median=24, high=24)  # it halves 24 times, always
    used = bands["test_cubes"]["error / allowed"]
    assert 0 < used.low <= used.median <= used.high <= 0.5


def test_bands_are_read_back_as_they_were_written(tmp_path):
    bands = {"test_a[x-1]": {'the "loss"': Band(low=1e-17, median=0.5, high=2.0)}, "test_b": {}}
    path = calibration.write(tmp_path, bands, seeds=20)
    assert calibration.read(tmp_path) == bands
    assert "--seeds 20" in path.read_text()


def test_bands_are_written_with_four_digits_and_no_narrower(tmp_path):
    path = calibration.write(tmp_path, {"test_a": {"loss": Band(low=1.23456, median=1.99999, high=2.34521)}}, seeds=20)
    assert calibration.read(tmp_path)["test_a"]["loss"] == Band(low=1.234, median=2.0, high=2.346)
    assert f'machine = "{machine_facts().id}"' in path.read_text()  # for the times among them


@pytest.mark.parametrize("text", ["[bands", "[bands.a]\nx = 3", "[bands.a]\nx = { low = 1 }"])
def test_bands_that_cannot_be_read_say_what_writes_them(tmp_path, text):
    with pytest.raises(ContentError, match=r"`ptassess calibrate .*` writes it"):
        calibration.read(tmp_path)
    (tmp_path / calibration.FILE).write_text(text)
    with pytest.raises(ContentError, match="write it again with `ptassess calibrate`"):
        calibration.read(tmp_path)


def test_a_reference_that_fails_is_not_calibrated(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = create("wrong", tmp_path)
    (home / "private" / "reference.py").write_text("def wrong(x):\n    return x\n")
    found = catalogue((home,))
    with pytest.raises(UserError, match="the reference fails test_rounds_towards_zero on seed"):
        calibration.calibrate(found.challenge("wrong"), found.private["wrong"])
