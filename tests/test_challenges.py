"""Every challenge is admitted: the reference passes, mutants are caught, trivial answers earn nothing.

One seed, and of each mutant only the named check; `ptassess check-challenges --seeds 20` asks for more.
"""

import pytest

from ptassess.admission import admit
from ptassess.registry import catalogue

CATALOGUE = catalogue()


def test_there_is_nothing_wrong_with_the_content():
    assert CATALOGUE.problems == []
    assert "linear_algebra" in CATALOGUE.challenges


@pytest.mark.parametrize("slug", CATALOGUE.challenges)
def test_a_challenge_is_admitted(slug):
    (report,) = admit([CATALOGUE.challenges[slug]], CATALOGUE)
    assert report.problems == []
    assert report.figures["checks"] > 0
