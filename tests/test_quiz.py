"""Questions are drawn per candidate, judged all or nothing, and never tell the right answer."""

import time
import tomllib

import pytest

from ptassess.errors import ContentError, JudgeError, NotAttempted, SubmissionError
from ptassess.quiz import DRAWS, Question, Quiz, _read, solved

QUESTIONS = """
from ptassess.quiz import Question

QUESTIONS = [
    Question(name="twice", text="What is twice {n}?", draw=lambda rng: {"n": rng.randint(1, 1000)}),
    Question(name="colour", text="Which colour has the {thing}?\\nThe usual one.", kind="choice",
             draw=lambda rng: {"thing": rng.choice(["sky", "grass", "snow", "coal"])},
             choices=("blue", "green", "white", "black")),
]
"""
ANSWERS = """
def twice(n):
    return 2 * n

def colour(thing):
    return ["sky", "grass", "snow", "coal"].index(thing)
"""


@pytest.fixture
def quiz(tmp_path):
    """Open the quiz of a challenge with a candidate's answers."""
    home = tmp_path / "colours"
    (home / "private").mkdir(parents=True)
    (home / "quiz.py").write_text(QUESTIONS)
    (home / "private" / "quiz.py").write_text(ANSWERS)

    def open_with(answers=None, *, private=True, seed=1):
        file = tmp_path / "colours.quiz.toml"
        if answers is not None:
            file.write_text(answers)
        return Quiz.open(
            home / "quiz.py",
            answers=file if answers is not None else None,
            private=home / "private" if private else None,
            exam_seed=seed,
            shown_as="solutions/colours.quiz.toml",
        )

    return open_with


def as_toml(tables):
    return "\n".join(f"[{name}]\nanswers = {table['answers']}" for name, table in tables.items())


def test_what_is_rendered_is_empty_and_counts_as_not_attempted(quiz):
    text = quiz().render()
    assert all(table == {"answers": [""] * DRAWS} for table in tomllib.loads(text).values())
    for action in (lambda q: q.check("twice"), lambda q: q.check("colour"), lambda q: q.check_forms()):
        with pytest.raises(NotAttempted):
            action(quiz(text))


def test_the_rendered_questions_show_the_numbers_that_are_judged(quiz):
    text = quiz(seed=5).render()
    for part in quiz(seed=5).parts("twice"):
        assert f"What is twice {part.values['n']}?" in text
    assert "within 0.1 %" in text


def test_the_right_answers_are_right_for_every_seed_and_wrong_for_most_others(quiz):
    right = [as_toml(solved(quiz(seed=seed))) for seed in range(20)]
    for seed, answers in enumerate(right):
        drawn = quiz(answers, seed=seed)
        drawn.check("twice")
        drawn.check("colour")
        drawn.check_forms()
        with pytest.raises(AssertionError):
            quiz(answers, seed=seed + 100).check("twice")


def test_each_question_is_asked_on_different_draws(quiz):
    for seed in range(20):
        for name in ("twice", "colour"):
            values = [str(part.values) for part in quiz(seed=seed).parts(name)]
            assert len(set(values)) == DRAWS


def test_one_wrong_part_loses_the_question_and_the_right_answer_is_not_told(quiz):
    tables = solved(quiz())
    right = tables["twice"]["answers"][1]
    tables["twice"]["answers"][1] = right + 1
    with pytest.raises(AssertionError, match=r"twice: part 2 of 3 is not right; all have to be") as info:
        quiz(as_toml(tables)).check("twice")
    assert f"{right:g}" not in str(info.value)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("{n}", True),
        ("'{n}'", True),
        ("'{n}.0'", True),
        ("'1e400'", False),
        ("true", False),
        ("[1]", False),
        ("nan", False),
    ],
)
def test_numbers_may_be_written_in_every_common_form(quiz, answer, right):
    told = ", ".join(answer.replace("{n}", str(2 * part.values["n"])) for part in quiz().parts("twice"))
    drawn = quiz(f"[twice]\nanswers = [{told}]")
    if right:
        drawn.check("twice")
    else:
        with pytest.raises(AssertionError, match="is a number"):
            drawn.check("twice")


def test_letters_may_be_upper_case_and_have_spaces(quiz):
    answers = [f" {letter.upper()} " for letter in solved(quiz())["colour"]["answers"]]
    quiz(f"[colour]\nanswers = {answers}").check("colour")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[twice]\nanswers = [1, 2]", "needs 3 answers, not 2"),
        ("[twice]\nanswers = 1", "needs answers ="),
        ("twice = 3", "needs answers ="),
        ("[thrice]\nanswers = [1, 2, 3]", r"\[thrice\] is none of the questions"),
        ("[colour]\nanswers = ['e', 'a', 'b']", "one of the letters a to d"),
        ("[colour]\nanswers = [1, 2, 3]", "one of the letters a to d"),
    ],
)
def test_a_malformed_answer_says_where_and_what_is_wanted(quiz, text, said):
    with pytest.raises(AssertionError, match=said) as info:
        quiz(text).check_forms()
    assert str(info.value).startswith("solutions/colours.quiz.toml")


@pytest.mark.parametrize("text", ["[twice", "answers = ,", "x = \x00", "[a]\n" * 2, "#" + "x" * 70_000])
def test_answers_that_are_not_toml_are_refused_in_one_line(quiz, text):
    with pytest.raises(SubmissionError, match=r"\Asolutions/colours\.quiz\.toml: .*\Z"):
        quiz(text)


def test_a_key_that_would_take_half_a_minute_to_read_is_refused_at_once(tmp_path):
    path = tmp_path / "colours.quiz.toml"
    path.write_text("a." * 30_000 + "a = 1\n")
    began = time.process_time()
    with pytest.raises(SubmissionError, match=r"\Asolutions/x: a line of more than 1000 characters; .*\Z"):
        _read(path, "solutions/x")
    assert time.process_time() - began < 1


def test_a_kit_has_nothing_to_judge_with(quiz):
    with pytest.raises(JudgeError, match="by graders only"):
        quiz("[twice]\nanswers = [1, 2, 3]", private=False).check("twice")
    quiz("[twice]\nanswers = [1, 2, 3]", private=False).check_forms()


def test_a_choice_among_three_is_refused():
    with pytest.raises(ContentError, match="at least four"):
        Question(name="q", text="?", draw=lambda _: {}, kind="choice", choices=("a", "b", "c"))
    with pytest.raises(ContentError, match="a number none"):
        Question(name="q", text="?", draw=lambda _: {}, choices=("a", "b", "c", "d"))
