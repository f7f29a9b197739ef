"""Whether enough results of a race were looked at in time: pure functions, on made-up looks."""

import pytest

from ptassess.errors import Inconclusive, SolutionProtocol
from ptassess.measure.times import Times
from ptassess.sandbox.contestant import Lap

# Turns of ten calls of a millisecond each; the look at the last result takes …
SOON = Lap(seconds=10e-3, late=0.4e-3, rehearsed=0.02e-3)  # less than half a call
HELD_UP = Lap(seconds=10e-3, late=0.6e-3, rehearsed=0.02e-3)  # more, and thirty times what it takes at home
DISTURBED = Lap(seconds=10e-3, late=0.6e-3, rehearsed=0.2e-3)  # more, on a machine on which everything takes long
UNKNOWN = Lap(seconds=10e-3, late=0.6e-3)  # more, and nothing to compare it with


def looked(*laps):
    times = Times()
    for lap in laps:
        times.note_look(lap, 10)
    return times


@pytest.mark.parametrize("late", [[HELD_UP] * 3, [DISTURBED] * 3, [UNKNOWN] * 3, []])
def test_a_quarter_of_the_looks_is_enough(late):
    times = looked(SOON, *late)
    assert (times.checked, times.late) == (1 + len(late), len(late))
    times.refuse_if_late()


def test_no_look_at_all_is_none_that_came_late():
    Times().refuse_if_late()


@pytest.mark.parametrize(
    ("laps", "error"),
    [
        ([SOON] + [HELD_UP] * 4, SolutionProtocol),
        ([SOON] + [DISTURBED] * 4, Inconclusive),
        ([SOON] + [UNKNOWN] * 4, Inconclusive),
        ([DISTURBED] * 3 + [HELD_UP] * 3, Inconclusive),  # half of them may have been the machine's doing
        ([DISTURBED] + [HELD_UP] * 4, SolutionProtocol),
    ],
)
def test_looks_that_came_late_decide_nothing_and_who_has_held_them_up_has_failed(laps, error):
    with pytest.raises(error):
        looked(*laps).refuse_if_late()
