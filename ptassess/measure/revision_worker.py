"""The worker of ``ptassess race``: pytest in a checkout of one revision; its tests run as many calls as they are asked.

It is run as a script, by the interpreter and in the environment of the project that is timed, and imports nothing of
ptassess but ``blocks.py``, by its path: the project may be ptassess itself.

It speaks lines of JSON over a socket that it inherits. The first line says what to run. Then, for each test, it says
``ready``, answers what it is asked (``pilot``, ``run``) until ``stop``, lets the test end, and says ``done``.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import json
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptassess.measure.blocks import Timed

_NOT_THE_PROJECTS = {
    "doc",
    "docs",
    "example",
    "examples",
    "extern",
    "node_modules",
    "site-packages",
    "test",
    "testing",
    "tests",
    "third_party",
    "vendor",
    "vendored",
}
"""Folders whose packages are copies of others' or made up for tests: the real ones may well be installed."""


class Line:
    """The line to the judge.

    Args:
        number: of the socket that was inherited.
    """

    def __init__(self, number: int) -> None:
        self._file = socket.socket(fileno=number).makefile("rw", encoding="utf-8")

    def say(self, **message: Any) -> None:
        """Send a message.

        Args:
            message: plain data.
        """
        self._file.write(json.dumps(message) + "\n")
        self._file.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for a message; the end of the line is the end of this process."""
        text = self._file.readline()
        if not text:
            os._exit(1)  # the judge has gone
        found: dict[str, Any] = json.loads(text)
        return found


class Benchmark:
    """Stands in for pytest-benchmark's fixture, as if that were disabled, so that tests ask for no statistics.

    Args:
        item: the test.
        serve: times calls until the judge has enough.
    """

    enabled, disabled, stats = False, True, None

    def __init__(self, item: pytest.Item, serve: Callable[..., None]) -> None:
        self.name, self.fullname = item.name, item.nodeid
        self.group: str | None = None
        self.extra_info: dict[str, Any] = {}
        self._serve = serve

    def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Time calls of a function.

        Args:
            function: to time.
            args: of each call.
            kwargs: of each call.

        Returns:
            What a further call gives, as with pytest-benchmark.
        """
        call = functools.partial(function, *args, **kwargs) if args or kwargs else function
        self._serve(lambda watch, calls: watch.block(call, calls))
        return call()

    def pedantic(  # noqa: PLR0913, PLR0917  pytest-benchmark's signature
        self,
        target: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., Any] | None = None,
        rounds: int = 1,
        warmup_rounds: int = 0,
        iterations: int = 1,
    ) -> Any:
        """Time calls with a preparation before each, which is not timed.

        Args:
            target: to time.
            args: of each call.
            kwargs: of each call.
            setup: called before each; may give ``args, kwargs``.
            teardown: called after each with the arguments.
            rounds: the judge decides how many; not used.
            warmup_rounds: not used either.
            iterations: nor this.

        Returns:
            What a further call gives.
        """
        del rounds, warmup_rounds, iterations
        if setup is None and teardown is None:
            return self(target, *args, **(kwargs or {}))
        used: list[tuple[Any, Any]] = [(args, kwargs or {})]

        def prepare() -> Callable[[], Any]:
            if setup is not None and (given := setup()):
                used[0] = given
            return functools.partial(target, *used[0][0], **used[0][1])

        def after() -> None:
            if teardown is not None:
                teardown(*used[0][0], **used[0][1])

        self._serve(lambda watch, calls: watch.laid_out(prepare, calls, after))
        result = prepare()()
        after()
        return result


class Plugin:
    """The hooks of the worker's pytest.

    Args:
        line: to the judge.
        task: the judge's first message, as ``ptassess.measure.revisions`` writes it.
    """

    def __init__(self, line: Line, task: dict[str, Any]) -> None:
        self._line = line
        self._task = task
        self._blocks = _load_blocks()
        self._served = False
        self._node = ""
        self._outcome: tuple[str, str] = ("passed", "")

    def pytest_addoption(self, parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
        """Keep what pytest-benchmark declares, though it is not loaded: a project's configuration may name it."""
        if importlib.util.find_spec("pytest_benchmark"):
            from pytest_benchmark import hookspec
            from pytest_benchmark.plugin import pytest_addoption

            pytest_addoption(parser)  # type: ignore[no-untyped-call]
            pluginmanager.add_hookspecs(hookspec)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Declare the markers of what is not loaded."""
        config.addinivalue_line("markers", "benchmark: settings of pytest-benchmark, not used in a race")
        config.addinivalue_line("markers", "codspeed_benchmark: settings of pytest-codspeed, not used in a race")

    @pytest.fixture
    def benchmark(self, request: pytest.FixtureRequest) -> Benchmark:
        """As pytest-benchmark's, with the judge's clock."""
        return Benchmark(request.node, self._serve)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Both revisions run the same tests in the same order, whatever a plugin does to it; without time-outs."""
        for node in {node for item in items for node in item.listchain()}:
            node.own_markers[:] = [mark for mark in node.own_markers if mark.name != "timeout"]  # of one call, not many
        if not self._task["only_collect"]:
            place = {node: number for number, node in enumerate(self._task["nodes"])}
            items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell what could not be collected."""
        if report.failed:
            self._line.say(kind="error", node=report.nodeid, text=self._said(report))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell what there is."""
        if self._task["only_collect"]:
            for item in session.items:
                self._line.say(kind="test", node=item.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Tell how each test ended."""
        self._served, self._outcome, self._node = False, ("passed", ""), item.nodeid
        result = yield
        outcome, text = self._outcome
        if outcome == "passed" and not self._served:
            outcome, text = "skipped", "nothing was timed: it is no test function, or did not call its benchmark"
        self._line.say(kind="done", node=item.nodeid, outcome=outcome, text=text)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Without the fixture ``benchmark`` the body of the test is what is timed."""
        if "benchmark" in pyfuncitem.fixturenames:
            return None
        if inspect.iscoroutinefunction(pyfuncitem.obj):
            pytest.skip("a coroutine cannot be timed")
        info = pyfuncitem._fixtureinfo  # noqa: SLF001  as pytest's own implementation of the hook
        args = {name: pyfuncitem.funcargs[name] for name in info.argnames}
        call = functools.partial(pyfuncitem.obj, **args) if args else pyfuncitem.obj
        self._serve(lambda watch, calls: watch.block(call, calls))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how each phase of a test ended."""
        if report.failed:
            self._outcome = ("failed", self._said(report))
        elif report.skipped:
            where = report.longrepr
            self._outcome = (
                "skipped",
                where[2].removeprefix("Skipped: ") if isinstance(where, tuple) else "expected to fail",
            )

    def pytest_sessionfinish(self) -> None:
        """Tell which modules do not come from the checkout."""
        self._line.say(kind="shadowed", modules=_shadowed(**{name: Path(self._task[name]) for name in _FOLDERS}))

    def _said(self, report: Any) -> str:
        return _last_line(report.longreprtext.replace(self._task["root"] + "/", ""))

    def _serve(self, block: Callable[[Any, int], Timed]) -> None:
        if self._served:
            pytest.fail("benchmark can be used once in a test")
        self._served = True
        watch = self._blocks.Stopwatch()
        self._line.say(kind="ready", node=self._node)
        while (asked := self._line.hear())["kind"] != "stop":
            if asked["kind"] == "pilot":
                self._line.say(kind="call", seconds=self._blocks.pilot(lambda calls: block(watch, calls)))
                continue
            if asked["warm"]:
                block(watch, 1)
            timed = block(watch, asked["calls"])
            self._line.say(kind="block", **timed._asdict())


def _load_blocks() -> Any:
    spec = importlib.util.spec_from_file_location("_ptassess_blocks", Path(__file__).with_name("blocks.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _last_line(text: str) -> str:
    """The line that says what happened: of a traceback's last lines marked E, the first."""
    marked = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return next(iter(marked), text.strip().rpartition("\n")[2])[:300]


_FOLDERS = "checkout", "root", "repository"


def _shadowed(*, checkout: Path, root: Path, repository: Path) -> list[list[str]]:
    """Modules that the checkout has but that were imported from elsewhere, or that come from the user's own files.

    Args:
        checkout: the folder in it that pytest runs in.
        root: its top.
        repository: the user's own.
    """
    environment = Path(sys.prefix).resolve()
    provided = _provided(checkout, root) - set(sys.stdlib_module_names)
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or name in {"__main__", "_ptassess_blocks"}:
            continue
        path = Path(file).resolve()
        ours = path.is_relative_to(repository) and not path.is_relative_to(environment)
        if not path.is_relative_to(root) and (name in provided or ours):
            found.append([name, str(path)])
    return found


def _provided(checkout: Path, root: Path) -> set[str]:
    """Names under which something that is in a checkout can be imported.

    A package that lies in folders that are no packages has several: of ``lib/company/tool`` those are ``tool``,
    ``company.tool`` and ``lib.company.tool``, and it is the path that decides.
    """
    folders = [folder for folder in (checkout, checkout / "src", root, root / "src") if folder.is_dir()]
    names = {file.stem for folder in folders for file in folder.glob("*.py")}
    names |= {file.parent.name for folder in folders for file in folder.glob("*/__init__.py")}
    for place, below, files in os.walk(root):
        if "__init__.py" in files and Path(place) != root:
            parts = Path(place).relative_to(root).parts
            names |= {".".join(parts[start:]) for start in range(len(parts))}
            below.clear()  # what is inside is reached through it
        elif "pyvenv.cfg" in files:
            below.clear()
        else:
            below[:] = [name for name in below if not name.startswith(".") and name not in _NOT_THE_PROJECTS]
    return names


def _map_path(repository: str, root: str) -> None:
    """What an editable install or PYTHONPATH put on the path from the user's own files is taken from the checkout."""
    there, environment, checkouts = Path(repository), Path(sys.prefix).resolve(), Path(root).parent
    for index, entry in enumerate(sys.path):
        path = Path(entry).resolve()
        ours = entry and path.is_relative_to(there) and not path.is_relative_to(environment)
        if ours and not path.is_relative_to(checkouts):
            sys.path[index] = str(Path(root) / path.relative_to(there))


def main() -> int:
    """Run pytest as the judge's first message says."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path.pop(0)  # this file's folder
    line = Line(int(sys.argv[1]))
    task = line.hear()
    if task["core"] is not None:
        os.sched_setaffinity(0, {task["core"]})
    _map_path(task["repository"], task["root"])
    cache = tempfile.mkdtemp(prefix="cache-", dir=Path(task["root"]).parent)  # goes with the checkouts
    options = ["--rootdir=.", "-p", "no:benchmark", "-p", "no:codspeed", "-o", f"cache_dir={cache}"]
    options += ["--continue-on-collection-errors", "--maxfail=0"]
    if task["only_collect"]:
        options.append("--collect-only")
    plugins = {
        "xdist": "-n0",
        "pytest_cov": "--no-cov",
        "pytest_timeout": "--timeout=0",  # a test lasts as long as the judge asks for calls
        "pytest_randomly": f"--randomly-seed={task['seed']}",  # the same on both sides
    }
    if "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ:
        options += [option for module, option in plugins.items() if importlib.util.find_spec(module)]
    return int(pytest.main([*options, *task["options"], *task["nodes"]], plugins=[Plugin(line, task)]))


if __name__ == "__main__":
    sys.exit(main())
