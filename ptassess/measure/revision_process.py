"""A process of a race of two revisions: pytest in a checkout of one of them, which calls when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ptassess.errors import UserError
from ptassess.measure import checkouts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ENDS_WITHIN = 10.0
_WORKER = Path(__file__).with_name("revision_worker.py")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is run, and how.

    Args:
        folders: the two checkouts.
        repository: the user's own, whose files must not be what is imported.
        below: the folder inside of each in which pytest runs.
        options: of pytest.
        python: the interpreter.
        pin: both processes of a pair run on one core.
    """

    folders: Mapping[str, Path]
    repository: Path
    below: Path = Path()
    options: Sequence[str] = ()
    python: str = sys.executable
    pin: bool = True

    def home(self, side: str) -> Path:
        """The folder in which pytest runs.

        Args:
            side: ``base`` or ``head``.
        """
        return self.folders[side] / self.below


class EndedError(Exception):
    """A test has ended where an answer was due: a call raised."""


class Worker:
    """A process that runs pytest in a checkout.

    Args:
        setting: what is run.
        side: ``base`` or ``head``.
        nodes: what pytest is given.
        only_collect: nothing is run.
        core: that it runs on.
        seed: of the hashes of strings, which decide the order in sets, and of pytest-randomly; the same for both
            processes of a pair.
    """

    def __init__(  # noqa: PLR0913  as many facts
        self,
        setting: Setting,
        side: str,
        nodes: Sequence[str],
        *,
        only_collect: bool = False,
        core: int | None = None,
        seed: int = 0,
    ) -> None:
        self.side = side
        self._node = ""
        self._final: dict[str, Any] | None = None
        self._home = home = setting.home(side)
        root = setting.folders[side]
        places = dict.fromkeys(place for place in (home, home / "src", root, root / "src") if place.is_dir())
        path = os.pathsep.join(filter(None, [*map(str, places), os.environ.get("PYTHONPATH", "")]))
        environment = checkouts.environment() | {"PYTHONPATH": path, "PYTHONHASHSEED": str(seed)}
        if core is not None:
            environment.setdefault("OMP_NUM_THREADS", "1")  # more threads than cores take turns of milliseconds
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  __exit__ closes it
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603  the project's own tests
                    [setting.python, str(_WORKER), str(theirs.fileno())],
                    cwd=home,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # Ctrl-C is for the judge, who ends them all
                )
            except OSError as error:
                self._output.close()
                ours.close()
                raise UserError(f"{setting.python}: {error.strerror}; --python names an interpreter") from None
        with ours:
            self._line = ours.makefile("rw", encoding="utf-8")
        self._say(
            only_collect=only_collect,
            nodes=list(nodes),
            options=list(setting.options),
            checkout=str(home),
            root=str(root),
            repository=str(setting.repository),
            core=core,
            seed=seed,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        self._output.close()

    def next(self) -> dict[str, Any] | None:
        """The next message; None at the end.

        Raises:
            UserError: if the process tells that it imported something that is not the checkout's.
        """
        try:
            text = self._line.readline()
        except ConnectionResetError:
            return None
        message: dict[str, Any] | None = json.loads(text) if text else None
        if message is not None and message["kind"] == "shadowed" and message["modules"]:
            name, path = message["modules"][0]
            raise UserError(
                f"{name}: imported from {path}, not from the checkout of {self.side}; if it is installed here, "
                f"`pip uninstall {name}`, else name its folder in `pythonpath` of pytest's configuration"
            )
        return message

    def wait_until_ready(self, node: str) -> bool:
        """Wait for a test.

        Args:
            node: its id.

        Returns:
            Whether it is ready; it may have ended before that.

        Raises:
            UserError: if the process ended, or runs another one.
        """
        self._node, self._final = node, None
        return bool(self._answer()["kind"] == "ready")

    def ask(self, **question: Any) -> dict[str, Any]:
        """The answer to a question.

        Args:
            question: what is asked.

        Raises:
            EndedError: if the test has ended instead.
        """
        self._say(**question)
        answer = self._answer()
        if answer["kind"] == "done":
            raise EndedError
        return answer

    def stop(self) -> dict[str, Any]:
        """How the test ended, now that it has had its turns."""
        if self._final is None:
            self._say(kind="stop")
            self._answer()
        assert self._final is not None
        return self._final

    def _answer(self) -> dict[str, Any]:
        message = self.next()
        if message is None or message.get("node", self._node) != self._node:
            raise UserError(f"{self._node}: pytest in {self.side} ended or left it out: {self.said()}")
        if message["kind"] == "done":
            self._final = message
        return message

    def end(self) -> int:
        """The exit status."""
        try:
            return self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            return 0  # it said all that it had to say

    def said(self) -> str:
        """What its output says of an error, else its exit status."""
        status = self.end()
        self._output.seek(0)
        lines = [line.strip().replace(f"{self._home}/", "") for line in self._output]
        told = [line.removeprefix("ERROR: ") for line in lines if line.startswith(("ERROR: ", "Fatal Python error"))]
        # The interpreter's, where there is no pytest; a conftest's, with pytest's mark.
        told += [line.removeprefix("E ").strip() for line in lines[-1:] if "Error: " in line]
        return told[-1][:300] if told else f"status {status}"

    def _say(self, **message: Any) -> None:
        try:
            self._line.write(json.dumps(message) + "\n")
            self._line.flush()
        except BrokenPipeError:
            pass  # the next that is read is the end
