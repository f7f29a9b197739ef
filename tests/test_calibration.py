"""Bands come from the reference's own evidence over many seeds, and are read back as they were written."""

import re
from pathlib import Path

import pytest

from ptassess import bands, calibration
from ptassess.bands import Band
from ptassess.errors import ContentError, UserError
from ptassess.inspection import Report, examine_files
from ptassess.machine import machine_facts
from ptassess.new import create
from ptassess.registry import catalogue

KINDS = Path(__file__).parents[1] / "docs" / "kinds"


def test_the_bands_of_a_challenge_are_what_its_reference_reached(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = catalogue((KINDS,))
    challenge = found.challenge("kinds")
    reached = calibration.calibrate(challenge, found.private["kinds"])[challenge.home]
    assert reached["test_finds_the_root"]["calls"] == Band(low=24, median=24, high=24)  # it halves 24 times, always
    used = reached["test_cubes"]["error / allowed"]
    assert 0 < used.low <= used.median <= used.high <= 0.5


def test_bands_of_private_checks_stay_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = create("halves", tmp_path)
    for test, number in ((home / "test_halves.py", 1.0), (home / "private" / "test_halves_private.py", 2.0)):
        test.write_text(
            "import pytest\n\n\n@pytest.mark.task('halves')\n"
            f"def test_measured_{test.parent.name}(evidence, band):\n    evidence['size'] = {number}\n"
        )
    found = catalogue((home,))
    challenge, private = found.challenge("halves"), found.private["halves"]
    for half, reached in calibration.calibrate(challenge, private).items():
        bands.write(half, reached, slug="halves", seeds=20)
    assert list(bands.read(home, "halves")) == ["test_measured_halves"]
    assert list(bands.read(private, "halves")) == ["test_measured_private"]

    test.write_text(test.read_text() + "    assert band('size').median == 2\n")  # the private check finds its own
    assert calibration.calibrate(challenge, private)[private]


def test_bands_that_tell_of_other_checks_are_not_admitted(tmp_path):
    home = create("halves", tmp_path)
    found = catalogue((home,))
    there = Band(low=1, median=1, high=1)
    bands.write(home, {"test_private_corner[3]": {"size": there}}, slug="halves", seeds=20)
    report = Report(slug="halves", tier="draft", seeds=1)
    examine_files(found.challenge("halves"), found.private["halves"], report)
    told = "halves/calibration.toml has bands of test_private_corner, no check of test_halves.py"
    assert [line for line in report.problems if "calibration" in line] == [
        f"{told}; write it again with `ptassess calibrate halves`"
    ]


def test_bands_are_read_back_as_they_were_written(tmp_path):
    reached = {"test_a[x-1]": {'the "loss"': Band(low=1e-17, median=0.5, high=2.0)}, "test_b": {}}
    path = bands.write(tmp_path, reached, slug="some", seeds=20)
    assert bands.read(tmp_path, "some") == reached
    assert "`ptassess calibrate some --seeds 20`" in path.read_text()


def test_bands_are_written_with_four_digits_and_no_narrower(tmp_path):
    reached = {"test_a": {"loss": Band(low=1.23456, median=1.99999, high=2.34521)}}
    path = bands.write(tmp_path, reached, slug="some", seeds=20)
    assert bands.read(tmp_path, "some")["test_a"]["loss"] == Band(low=1.234, median=2.0, high=2.346)
    assert f'machine = "{machine_facts().id}"' in path.read_text()  # for the times among them


@pytest.mark.parametrize("text", ["[bands", "[bands.a]\nx = 3", "[bands.a]\nx = { low = 1 }"])
def test_bands_that_cannot_be_read_say_what_writes_them(tmp_path, text):
    with pytest.raises(ContentError, match=r"`ptassess calibrate some` writes it"):
        bands.read(tmp_path, "some")
    (tmp_path / bands.FILE).write_text(text)
    with pytest.raises(ContentError, match=re.escape("write it again with `ptassess calibrate some`")):
        bands.read(tmp_path, "some")


def test_a_reference_that_fails_is_not_calibrated(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = create("wrong", tmp_path)
    (home / "private" / "reference.py").write_text("def wrong(x):\n    return x\n")
    found = catalogue((home,))
    with pytest.raises(UserError, match="the reference fails test_rounds_towards_zero on seed"):
        calibration.calibrate(found.challenge("wrong"), found.private["wrong"])
