"""What only graders have."""

import pytest


# [quiz]
@pytest.mark.task("quiz")
@pytest.mark.parametrize("name", ["parameters"])
def test_quiz(quiz, name):
    """All three draws of a question are right."""
    quiz.check(name)


# [/quiz]
