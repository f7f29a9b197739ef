"""Hostile frames, folders and archives: a few of those that `benchmarks/fuzz.py` draws by the hundred thousand."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

# target: inputs, and outcomes of which each must be among them, or the inputs no longer reach where they should.
EXPECTED = {
    "frames": (
        1500,
        {
            "a Value", "a Ask", "a Raised", "a Done", "Closed", "Deadline",
            "WireError: a file descriptor that nobody asked for",
            "WireError: more than one frame for one request",
            "WireError: a frame that is too large",
            "WireError: a value that has too many items",
            "WireError: a dict whose keys are not strings",
            "WireError: a string that is too long",
            "WireError: a tensor of an impossible shape",
            "WireError: tensors that do not fill the payload",
            "WireError: an unknown extension",
            "WireError: a value that is nested too deep or has too many items",
        },
    ),
    "folders": (250, {"taken", "taken in part", "SubmissionError: … differ in case …", "SubmissionError: … 64 MiB …"}),
    "archives": (
        600,
        {
            "unpacked", "SubmissionError: members that overlap", "SubmissionError: … leads out …",
            "SubmissionError: … is a link or a device …", "SubmissionError: a member of a negative size",
            "SubmissionError: names or attributes that are too long", "SubmissionError: it is cut short or damaged",
        },
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def fuzz():
    """The benchmark as a module."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import fuzz
    finally:
        sys.path.remove(str(BENCHMARKS))
    return fuzz


@pytest.mark.parametrize("target", EXPECTED)
def test_nothing_but_the_promised_errors_comes_of_hostile_input(fuzz, target):
    count, expected = EXPECTED[target]
    outcomes, slowest = fuzz.fuzz(target, count, 1)
    assert outcomes.total() >= count
    assert expected <= outcomes.keys(), expected - outcomes.keys()
    assert slowest < fuzz.MOST_SECONDS
