"""Carries out requests on a solution: in the worker, and for the level ``inprocess`` in the judge itself."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ptassess.sandbox.handover import Window
from ptassess.sandbox.laps import DeviceLaps, Laps
from ptassess.sandbox.wire import (
    MAX_TRACEBACK,
    Call,
    CannotCrossError,
    Message,
    Prepare,
    Probe,
    Raised,
    Value,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptassess.sandbox.devices import Device

_TEXT = 2_000  # characters of an exception's message that are sent


class Executor:
    """One solution, imported at the first request, and the probes that were sent.

    Args:
        path: the file to import as module ``solution``; a package's ``__init__.py`` makes it a package.
        shown_as: the name that messages use for it.
        overlay: a file to execute on top of its namespace, or None.
    """

    def __init__(self, path: Path, shown_as: str, overlay: Path | None = None) -> None:
        self._path = path
        self._shown_as = shown_as
        self._overlay = overlay
        self._module: ModuleType | None = None
        self._probes: dict[str, ModuleType] = {}
        self._signatures: dict[str, inspect.Signature] = {}
        self.laps: Laps | None = None
        self.device: Device | None = None
        self.error: BaseException | None = None

    def reply(self, message: Message, file: int | None = None) -> list[bytes | memoryview]:
        """Carry a request out.

        Args:
            message: a ``Call``, a ``Probe``, or a race's ``Prepare``.
            file: descriptor that came with it, of the memory of a race's inputs.

        Returns:
            The buffers of the frame to send back; whatever the solution raises is in it.
        """
        assert isinstance(message, (Call, Probe, Prepare))
        self.error = None
        if isinstance(message, Prepare):
            return self._prepare(message, file)
        try:
            solution = self._import()
            if isinstance(message, Call):
                function: Callable[..., Any] = self._find(solution, message)
                result = function(*message.args, **message.kwargs)
            else:
                function = self._probe(message)
                result = function(solution, *message.args, **message.kwargs)
        except BaseException as error:  # noqa: BLE001  a solution may raise anything; the judge decides what it means
            self.error = error
            return encode(self._raised(message.seq, error))
        try:
            return encode(Value(message.seq, result))
        except CannotCrossError as error:
            return encode(Raised(message.seq, "value", type(result).__name__, f"{message.name} returned {error}"))
        except BaseException as error:  # noqa: BLE001  a hostile tensor subclass raises while its bytes are taken
            self.error = error
            return encode(self._raised(message.seq, error))

    def _prepare(self, message: Prepare, file: int | None) -> list[bytes | memoryview]:
        try:
            assert file is not None
            window = Window(file, tuple(message.args), message.spin)
            os.close(file)
            if message.idle:
                value = self.device.to_device(message.value) if self.device else message.value
                self.laps = self._laps_of(lambda *_: value, window)
                return encode(Value(message.seq, None))
            solution = self._import()
            if message.source is None:
                function = self._find(solution, Call(message.seq, message.name, message.args, {}))
            else:
                probe = Probe(message.seq, message.name, message.source, [], {}, message.source)
                function = partial(self._probe(probe), solution)
            self.laps = self._laps_of(function, window)
            return encode(Value(message.seq, None))
        except BaseException as error:  # noqa: BLE001  a solution may raise anything
            self.error = error
            return encode(self._raised(message.seq, error))

    def _laps_of(self, function: Callable[..., Any], window: Window) -> Laps:
        raised = partial(self._raised, 0)
        if self.device is None:
            return Laps(function, window, raised)
        return DeviceLaps(function, window, raised, self.device)

    def _import(self) -> ModuleType:
        if self._module is not None:
            return self._module
        package = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        spec = importlib.util.spec_from_file_location("solution", self._path, submodule_search_locations=package)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["solution"] = module
        sys.dont_write_bytecode = True
        try:
            spec.loader.exec_module(module)
            if self._overlay:
                source = self._overlay.read_text(encoding="utf-8")
                exec(compile(source, str(self._overlay), "exec"), vars(module))  # noqa: S102  this process is for such code
        except NotImplementedError:
            raise
        except BaseException as error:
            raise _Unimportable(self._import_advice(error)) from error
        self._module = module
        return module

    def _import_advice(self, error: BaseException) -> str:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        if isinstance(error, SyntaxError):
            return f"{self._shown_as}, line {error.lineno}: {type(error).__name__}: {error.msg}"
        frames = [f for f in traceback.extract_tb(error.__traceback__) if self._is_theirs(f.filename)]
        line = f", line {frames[-1].lineno}" if frames else ""
        return f"{self._shown_as}{line}: cannot be imported: {said}"

    def _find(self, solution: ModuleType, message: Call) -> Callable[..., Any]:
        name = message.name
        target = getattr(solution, name, None)
        if target is None:
            own = [n for n in vars(solution) if not n.startswith("_")]
            near = difflib.get_close_matches(name, own, n=1)
            hint = f"; is {near[0]!r} it?" if near else ""
            raise _Unimportable(f"{self._shown_as} defines no function {name!r}{hint}")
        if inspect.isclass(target):
            raise _Misused(f"{name} is a class, and an object of it cannot cross; use it inside a probe")
        if not callable(target):
            raise _Misused(f"{name} in {self._shown_as} is a {type(target).__name__}, not a function")
        try:
            if name not in self._signatures:
                self._signatures[name] = inspect.signature(target)
            self._signatures[name].bind(*message.args, **message.kwargs)
        except TypeError as error:
            given = [type(arg).__name__ for arg in message.args]
            given += [f"{key}={type(value).__name__}" for key, value in message.kwargs.items()]
            raise _WrongSignature(f"{name} is called as {name}({', '.join(given)}): {error}") from None
        except ValueError:
            pass  # a builtin without a signature: calling it will tell
        return target  # type: ignore[no-any-return]

    def _probe(self, message: Probe) -> Callable[..., Any]:
        if message.source is not None and message.digest not in self._probes:
            module = ModuleType("probes")
            exec(compile(message.source, "probes.py", "exec"), vars(module))  # noqa: S102  the challenge's own, trusted source
            self._probes[message.digest] = module
        return getattr(self._probes[message.digest], message.name)  # type: ignore[no-any-return]

    def _raised(self, seq: int, error: BaseException) -> Raised:
        kinds = {_Unimportable: "missing", _Misused: "value"}
        kind = next((word for cls, word in kinds.items() if isinstance(error, cls)), "raised")
        if isinstance(error, NotImplementedError):
            # Torch raises it as well, for a dtype without a kernel or a Module without forward: that was an attempt.
            frames = traceback.extract_tb(error.__traceback__)
            kind = "not attempted" if frames and self._is_theirs(frames[-1].filename) else "raised"
        shown = error.__cause__ if isinstance(error, _Unimportable) and error.__cause__ else error
        name = "TypeError" if isinstance(error, _WrongSignature) else type(error).__name__
        try:
            text = str(error)[:_TEXT]
        except BaseException:  # noqa: BLE001  their __str__ may raise as well
            text = "(its message cannot be shown)"
        return Raised(seq, kind, name[:200], text.encode(errors="replace").decode(), self._traceback(shown))

    def _traceback(self, error: BaseException) -> str:
        """The frames inside the candidate's own files, with the name that they know."""
        root = str(self._path.parent) + os.sep
        shown_root = self._shown_as.removesuffix(self._path.name)
        lines = []
        for frame in traceback.extract_tb(error.__traceback__):
            if self._is_theirs(frame.filename):
                name = frame.filename.replace(root, shown_root)
                lines.append(f"{name}:{frame.lineno}, in {frame.name}\n    {frame.line or ''}\n")
        return "".join(lines[-20:])[-MAX_TRACEBACK:].encode(errors="replace").decode()

    def _is_theirs(self, filename: str) -> bool:
        package = self._path.name == "__init__.py"
        return filename == str(self._path) or (package and filename.startswith(str(self._path.parent) + os.sep))


class _Unimportable(Exception):
    """The solution cannot be imported, or lacks the function."""


class _Misused(Exception):
    """The check asks for something that is no function."""


class _WrongSignature(TypeError):
    """The function does not take the arguments that the check passes."""
