"""Questions whose numbers are drawn per candidate, their answers as data, and the verdict.

The questions are public, because the candidate's kit shows them; what solves them is private. Each is asked on three
draws, all or nothing, so that a guess among four choices succeeds once in 64.
"""

from __future__ import annotations

import contextlib
import math
import random
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ptassess.errors import ContentError, JudgeError, NotAttempted, SubmissionError
from ptassess.exam import derive
from ptassess.loading import load_file

DRAWS = 3
_MAX_BYTES = 65_536
_MAX_LINE = 1_000  # characters; tomllib takes quadratic time for a key of many parts, 30 s for one of 64 KiB
_REDRAWS = 20  # a question with fewer than three different draws repeats itself after all
_MIN_CHOICES = 4
_LETTERS = "abcdefgh"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Args:
        name: a Python name; the private answer is the function of that name.
        text: what is asked, with ``{name}`` for drawn values.
        draw: gives the values from a ``random.Random``.
        kind: ``number``, or ``choice`` among ``choices``.
        choices: at least four, with ``{name}`` for drawn values; their order is drawn as well.
        rtol: relative tolerance of a number.

    Raises:
        ContentError: if a choice has fewer than four choices, or a number has some.
    """

    name: str
    text: str
    draw: Callable[[random.Random], dict[str, Any]]
    kind: Literal["number", "choice"] = "number"
    choices: Sequence[str] = ()
    rtol: float = 1e-3

    def __post_init__(self) -> None:
        """Check the choices."""
        if (self.kind == "choice") != (len(self.choices) >= _MIN_CHOICES):
            raise ContentError(f"question {self.name!r}: a choice has at least four choices, a number none")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A question on one draw.

    Args:
        values: what was drawn.
        text: the question with them.
        choices: in the order in which they are shown, with their index in the question.
    """

    values: dict[str, Any]
    text: str
    choices: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Quiz:
    """A challenge's questions, drawn for one candidate, and their answers.

    Args:
        questions: by name.
        exam_seed: that they are drawn from.
        slug: of the challenge.
        answers: by question, as read; empty where there is no file.
        solver: the private module with the answers, or None in a kit.
        shown_as: the answers' file in messages.
    """

    questions: dict[str, Question]
    exam_seed: int
    slug: str
    answers: dict[str, Any] = field(default_factory=dict)
    solver: Any = None
    shown_as: str = ""

    @classmethod
    def open(
        cls, path: Path, *, answers: Path | None, private: Path | None, exam_seed: int, shown_as: str = ""
    ) -> Quiz:
        """Read a challenge's questions and a candidate's answers.

        Args:
            path: the public ``quiz.py``.
            answers: the candidate's file, or None if there is none.
            private: the challenge's private folder, or None.
            exam_seed: that the questions are drawn from.
            shown_as: the answers' file in messages.

        Raises:
            ContentError: if the questions cannot be used.
            SubmissionError: if the answers are not TOML, in one line.
        """
        module = load_file(path, "quiz")
        questions = {question.name: question for question in getattr(module, "QUESTIONS", ())}
        if not questions:
            raise ContentError(f"{path}: no QUESTIONS")
        solver = load_file(private / "quiz.py", "quiz's answers") if private else None
        read = _read(answers, shown_as) if answers else {}
        return cls(questions, exam_seed, path.parent.name, read, solver, shown_as)

    def parts(self, name: str) -> list[Part]:
        """A question on its draws.

        Args:
            name: of the question.
        """
        question = self.questions[name]
        made: list[Part] = []
        for index in range(DRAWS):
            rng = random.Random(derive(self.exam_seed, self.slug, "quiz", name, index))  # noqa: S311  no secret
            values = question.draw(rng)
            for _ in range(_REDRAWS):  # the same numbers twice would ask less
                if values not in [part.values for part in made]:
                    break
                values = question.draw(rng)
            order = list(range(len(question.choices)))
            rng.shuffle(order)
            choices = tuple((i, question.choices[i].format(**values)) for i in order)
            made.append(Part(values=values, text=question.text.format(**values), choices=choices))
        return made

    def check(self, name: str) -> None:
        """Judge the answers to a question; nothing that is raised tells the right one.

        Args:
            name: of the question.

        Raises:
            NotAttempted: if all are empty.
            AssertionError: if one is malformed or wrong.
        """
        if self.solver is None:
            raise JudgeError(f"{self.slug}: quiz answers are judged by graders only")
        given = self._given(name)
        wrong = []
        for number, (part, answer) in enumerate(zip(self.parts(name), given, strict=True), 1):
            expected = self.right_answer(name, part)
            if isinstance(expected, str):
                right = answer == expected
            else:
                rtol = self.questions[name].rtol
                right = isinstance(answer, float) and math.isclose(answer, expected, rel_tol=rtol, abs_tol=1e-12)
            if not right:
                wrong.append(number)
        assert not wrong, f"{name}: part {', '.join(map(str, wrong))} of {DRAWS} is not right; all have to be"

    def right_answer(self, name: str, part: Part) -> float | str:
        """What the private half answers: a number, or the letter under which the right choice is shown.

        Args:
            name: of the question.
            part: one of its draws.
        """
        answer = getattr(self.solver, name)(**part.values)
        if self.questions[name].kind == "number":
            return float(answer)
        index = _LETTERS.index(answer) if isinstance(answer, str) else int(answer)
        return next(letter for letter, (i, _) in zip(_LETTERS, part.choices, strict=False) if i == index)

    def check_forms(self) -> None:
        """Check that the answers can be read; not whether they are right.

        Raises:
            NotAttempted: if all are empty.
            AssertionError: if one is malformed.
        """
        unknown = sorted(set(self.answers) - set(self.questions))
        assert not unknown, f"{self.shown_as}: [{unknown[0]}] is none of the questions"
        attempted = False
        for name in self.questions:
            with contextlib.suppress(NotAttempted):
                self._given(name)
                attempted = True
        if not attempted:
            raise NotAttempted(f"{self.shown_as} is empty")

    def render(self) -> str:
        """The file in which the candidate answers, as TOML with the questions as comments."""
        head = (
            f"# Quiz of {self.slug}. Write each answer between the quotes; an empty one counts as not attempted.",
            f"# Every question is asked on {DRAWS} draws and earns its points only if all are right.",
            "# Numbers: 12, 1.5 or 3e4. Choices: the letter.",
        )
        blocks = ["\n".join(head)]
        for name, question in self.questions.items():
            lines = []
            for number, part in enumerate(self.parts(name), 1):
                lines += [
                    f"# ({number}) {line}" if i == 0 else f"#     {line}"
                    for i, line in enumerate(part.text.splitlines())
                ]
                lines += [f"#     {letter}) {text}" for letter, (_, text) in zip(_LETTERS, part.choices, strict=False)]
            empty = ", ".join(['""'] * DRAWS)
            kind = (
                f"a number each, right within {100 * question.rtol:g} %"
                if question.kind == "number"
                else "a letter each"
            )
            blocks.append("\n".join([f"[{name}]  # {kind}", *lines, f"answers = [{empty}]"]))
        return "\n\n".join(blocks) + "\n"

    def _given(self, name: str) -> list[float | str | None]:
        table = self.answers.get(name, {})
        raw = table.get("answers", []) if isinstance(table, dict) else None
        assert isinstance(raw, list), f'{self.shown_as}: [{name}] needs answers = ["…", "…", "…"]'
        if all(answer == "" for answer in raw):
            raise NotAttempted(f"{name} in {self.shown_as} is empty")
        assert len(raw) == DRAWS, f"{self.shown_as}: [{name}] needs {DRAWS} answers, not {len(raw)}"
        return [self._parse(name, number, answer) for number, answer in enumerate(raw, 1)]

    def _parse(self, name: str, number: int, answer: Any) -> float | str | None:
        where = f"{self.shown_as}: answer {number} of [{name}]"
        if answer == "":
            return None
        if self.questions[name].kind == "choice":
            letters = _LETTERS[: len(self.questions[name].choices)]
            ok = isinstance(answer, str) and len(answer.strip()) == 1 and answer.strip().lower() in letters
            assert ok, f"{where} is one of the letters {letters[0]} to {letters[-1]}"
            return str(answer).strip().lower()
        assert isinstance(answer, (int, float, str)), f"{where} is a number"
        assert not isinstance(answer, bool), f"{where} is a number"
        try:
            value = float(answer)
        except (ValueError, OverflowError):
            value = math.nan
        assert math.isfinite(value), f"{where} is a number, such as 12, 1.5 or 3e4"
        return value


def solved(quiz: Quiz) -> dict[str, Any]:
    """The right answers, in the form of a candidate's; needs the private half.

    Args:
        quiz: with its solver.
    """
    tables: dict[str, Any] = {}
    for name in quiz.questions:
        answers = [quiz.right_answer(name, part) for part in quiz.parts(name)]
        tables[name] = {"answers": answers}
    return tables


def _read(path: Path, shown_as: str) -> dict[str, Any]:
    try:
        text = path.read_bytes()
        if len(text) > _MAX_BYTES:
            raise SubmissionError(f"{shown_as}: larger than {_MAX_BYTES // 1024} KiB; leave only the answers")
        if any(len(line) > _MAX_LINE and not line.startswith(b"#") for line in text.splitlines()):
            raise SubmissionError(f"{shown_as}: a line of more than {_MAX_LINE} characters; leave only the answers")
        return tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SubmissionError(f"{shown_as}: not TOML ({error}); write the answers between the quotes") from None
