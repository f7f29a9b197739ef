"""Every error that ptassess raises on purpose.

::

    PtassessError
    ├── UserError                 somebody's input; one line: the thing, the place, the remedy (exit status 4)
    │   ├── ContentError          a challenge folder or a pack
    │   ├── SubmissionError       a candidate's folder
    │   ├── RunFileError          a run file
    │   │   └── SignatureError    a run file that is not what was signed
    │   └── IsolationError        this machine cannot give the isolation that was asked for
    ├── SolutionError             the candidate's code; the check fails with ``cause``
    │   ├── SolutionRaised        it raised an exception
    │   ├── SolutionMissing       no such function, a syntax error, an import error
    │   ├── SolutionTimeout       the judge's deadline passed
    │   ├── SolutionMemory        resident memory of its process tree passed the cap
    │   ├── SolutionCrashed       its process ended
    │   ├── SolutionProtocol      it spoke other than the wire's language
    │   └── SolutionValue         it returned something that cannot cross, or of the wrong kind
    ├── Undecided                 the check comes to no verdict
    │   ├── NotAttempted          the starter's ``NotImplementedError`` is still there, or the answer is empty
    │   ├── NotAssessed           the hardware or a package is not here
    │   └── Inconclusive          too noisy to decide
    ├── Interrupted               grading was ended from the keyboard; what was finished is kept (exit status 130)
    └── JudgeError                ours; never the candidate's fault
"""

from __future__ import annotations

from typing import ClassVar


class PtassessError(Exception):
    """The root of the tree above."""


class UserError(PtassessError):
    """Input that ptassess cannot use.

    The text is one line that names the thing, the place and the remedy.
    """


class ContentError(UserError):
    """A challenge folder or a pack that cannot be used."""


class SubmissionError(UserError):
    """A submission that cannot be used."""

    cause: ClassVar[str] = "missing"


class RunFileError(UserError):
    """A run file that cannot be read or written."""


class SignatureError(RunFileError):
    """A run file that was changed after it was signed, or claims what only a signature could prove."""


class IsolationError(UserError):
    """This machine cannot give the level of isolation that was asked for."""


class SolutionError(PtassessError):
    """The candidate's code did not give the check a value.

    Args:
        message: one line for the candidate.
        detail: more lines, such as the traceback inside their file; untrusted text.
    """

    cause: ClassVar[str] = "raised"

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class SolutionRaised(SolutionError):
    """The candidate's code raised.

    Args:
        type_name: name of the exception's class, as claimed by the worker.
        text: its message, as claimed by the worker.
        detail: its traceback as text, as claimed by the worker.
    """

    def __init__(self, type_name: str, text: str, detail: str = "") -> None:
        super().__init__(f"{type_name}: {text}" if text else type_name, detail)
        self.type_name = type_name
        self.text = text


class SolutionMissing(SolutionError):
    """The solution has no such function, or cannot be imported at all."""

    cause = "missing"


class SolutionTimeout(SolutionError):
    """The deadline passed; the worker was killed."""

    cause = "timeout"


class SolutionMemory(SolutionError):
    """The worker's process tree used more memory than the task allows; it was killed."""

    cause = "memory"


class SolutionCrashed(SolutionError):
    """The worker ended by itself: a signal, ``os._exit``, ``sys.exit``.

    Args:
        message: one line for the candidate.
        detail: more lines; untrusted text.
        killed: it ended by a SIGKILL that neither the judge nor the watchdog has sent, or together with its supervisor.
            The kernel tells nobody whose doing that was: the solution's own, or that of somebody outside.
    """

    cause = "crash"

    def __init__(self, message: str, detail: str = "", *, killed: bool = False) -> None:
        super().__init__(message, detail)
        self.killed = killed


class SolutionProtocol(SolutionError):
    """The worker broke the wire's rules; it was killed."""

    cause = "protocol"


class SolutionValue(SolutionError):
    """What the candidate's function returned cannot cross the wall, or is of the wrong kind."""

    cause = "value"


class Undecided(PtassessError):
    """The check comes to no verdict on what was written."""

    outcome: ClassVar[str]


class NotAttempted(Undecided):
    """The task is still as the starter left it."""

    outcome = "not attempted"


class NotAssessed(Undecided):
    """This machine lacks what the check needs."""

    outcome = "not assessed"


class Inconclusive(Undecided):
    """The measurement was too noisy for a verdict."""

    outcome = "inconclusive"


class Interrupted(PtassessError):
    """Grading was ended from the keyboard; the text says what was finished and how to go on."""


class JudgeError(PtassessError):
    """Something of ours failed. Outside a check's call its outcome is *error*, which no score counts.

    In the call it is *failed*, after a repetition (``ptassess.repeating``): at level ``process`` a solution can do away
    with the supervisor, and would take checks that it does not pass out of the score.
    """
