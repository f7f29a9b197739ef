"""The fixture ``race``, and what a run with timed checks needs around it: the device's lock, and the A/A control."""

from __future__ import annotations

import inspect
import math
import statistics
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from ptassess import bands, rows
from ptassess.check import CHECK, FINDINGS
from ptassess.errors import ContentError, Inconclusive, NotAssessed, NotAttempted, SolutionProtocol
from ptassess.matrix import TIMED
from ptassess.measure import pace, speed, stats
from ptassess.measure.lock import DeviceLock
from ptassess.measure.peaks import floor_seconds, is_impossible, least_seconds
from ptassess.measure.speed import BASELINE, REFERENCE, SOLUTION
from ptassess.sandbox import Limits
from ptassess.sandbox.devices import CPU

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    import torch

    from ptassess.assessment import Assessment
    from ptassess.check import Check
    from ptassess.footprints import Footprint
    from ptassess.measure.peaks import Peaks
    from ptassess.measure.race import Entrant
    from ptassess.measure.speed import Speed
    from ptassess.measure.times import Times
    from ptassess.sandbox.wall import ProcessWall

TIMING = "ptassess-timing"
SECONDS = 3.0
PATIENCE = 3.0
"""Times as long a race may go on that is not decided after its three seconds."""
SPEED = "times as fast as the baseline"
_CONTROL_SECONDS = 2.0


class Timing:
    """The hooks of a run that may hold timed checks.

    Args:
        assessment: under way.
    """

    def __init__(self, assessment: Assessment) -> None:
        self._assessment = assessment
        self._lock = DeviceLock()
        self._controls: dict[str, stats.Ratio] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Timed checks come last: where several processes share a run, most others have finished by then."""
        items.sort(key=is_timed)

    def pytest_report_header(self, config: pytest.Config) -> list[str]:
        """Say so where an option of pytest-benchmark will do nothing."""
        line = rows.warning(config)
        return [line] if line else []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Untimed checks run beside each other, and never beside a race; a race takes the lock when it begins."""
        if CHECK not in item.stash or is_timed(item):
            return (yield)
        with self._lock.shared():
            return (yield)

    def race_of(self, item: pytest.Item) -> Race:
        """What the fixture gives.

        Args:
            item: the check.

        Raises:
            NotAssessed: if this wall has no clock of the judge's.
        """
        return Race(self._assessment, self._wall("speed", "the judge's clock"), item, self._lock, self.control)

    def footprint_of(self, item: pytest.Item) -> Footprint:
        """What the fixture ``footprint`` gives.

        Args:
            item: the check.

        Raises:
            NotAssessed: if this wall has no processes.
        """
        from ptassess.footprints import Footprint

        wall = self._wall("a footprint", "a clean process")
        return Footprint(self._assessment, wall, item, self._lock, self.control)

    def _wall(self, what: str, needs: str) -> ProcessWall:
        wall = self._assessment.wall
        if not hasattr(wall, "contestant"):
            raise NotAssessed(f"{what} is not measured at isolation level {wall.level}: {needs} needs a wall")
        return cast("ProcessWall", wall)

    def control(self, wall: ProcessWall, device: str = CPU) -> stats.Ratio:
        """The A/A control: the same code on both sides, which should come to 1. Measured once in this process.

        Args:
            wall: behind which it runs.
            device: on which it runs.
        """
        if device not in self._controls:
            from ptassess.measure.control import run

            self._controls[device] = run(wall, seconds=_CONTROL_SECONDS, device=device)
        return self._controls[device]


class Race:
    """One check's race of the solution against the baseline and, where there is one, the reference.

    Args:
        assessment: under way.
        wall: behind which they run.
        item: the check.
        lock: taken while it lasts.
        control: measures the A/A control.
    """

    def __init__(
        self,
        assessment: Assessment,
        wall: ProcessWall,
        item: pytest.Item,
        lock: DeviceLock,
        control: Callable[[ProcessWall, str], stats.Ratio],
    ) -> None:
        self._assessment = assessment
        self._wall = wall
        self._item = item
        self._check = item.stash[CHECK]
        self._findings = item.stash[FINDINGS]
        self._lock = lock
        self._control = control

    def __call__(  # noqa: PLR0913  what a race is made of
        self,
        what: str | Callable[..., Any],
        *,
        inputs: Callable[[], Sequence[Any]],
        check: Callable[..., None],
        at_least: float,
        device: torch.device | str = CPU,
        flops: float = 0.0,
        bytes_moved: float = 0.0,
    ) -> None:
        """Race the solution; pass if it is fast enough, fail if it is not.

        With ``flops`` or ``bytes_moved`` the call's time is held against what this machine was seen to do at best: the
        share of that is shown, and a call that is faster than possible has not done the work, whatever came out.

        Args:
            what: name of the solution's function, or a probe, whose first argument is the solution.
            inputs: draws the arguments of one call, fresh ones each time, of the same shapes.
            check: called with a result and its arguments; raises ``AssertionError`` if it is wrong.
            at_least: how many times as fast as the baseline it must be, above 1.
            device: on which the calls run, such as the fixture ``device``; the first of its kind. Inputs are drawn on
                the CPU in any case, and results checked there.
            flops: the fewest floating-point operations of a call, a multiply-add being two, in the dtype of its first
                floating-point input.
            bytes_moved: the fewest bytes that a call must read and write.

        Raises:
            AssertionError: if it is too slow, or a result is wrong.
            SolutionError: if it gives no result, or is faster than this machine can be.
            Inconclusive: if it was too noisy to decide.
            NotAssessed: if the reference is hardly faster than the baseline on this machine, or the device is not here.
        """
        from ptassess.measure import race

        assert at_least > 1, "the baseline's own pace is nothing to ask for"
        where = _usable(device)
        entrants = entrants_of(self._assessment, self._check)
        limits = Limits(seconds=self._check.task.seconds, memory_mb=self._check.task.memory_mb)
        event = race.Event(
            name=what if isinstance(what, str) else what.__name__,
            inputs=inputs,
            check=check,
            limits=limits,
            source=None if isinstance(what, str) else inspect.getsource(inspect.getmodule(what)),  # type: ignore[arg-type]
            device=where,
        )

        def judged(times: Times) -> Speed | None:
            # Only now is it needed: who has not attempted the task does not wait for it.
            return speed.judge(times, at_least, control=math.log(self._control(self._wall, where).value))

        def enough(times: Times) -> bool:
            found = judged(times)
            return found is not None and (found.is_decided or not found.can_be_graded)

        with self._lock.alone():
            times = race.run(self._wall, entrants, event, enough=enough, seconds=SECONDS * PATIENCE)
            if flops or bytes_moved:
                work = partial(floor_seconds, bytes_moved, flops, _dtype_of(inputs()))
                self._hold_against_the_floor(times, where, work)
        rows.add(self._item, times)
        if where != CPU:
            self._findings.evidence |= device_evidence(times)
        self._conclude(times, judged(times), at_least, self._control(self._wall, where))

    def _hold_against_the_floor(self, times: Times, device: str, floor: Callable[[Peaks], float]) -> None:
        """See that the solution has taken the time that its work takes at least.

        Raises:
            SolutionProtocol: if it has not.
        """
        per_call = stats.per_call(times.turns, SOLUTION)
        seconds = max(per_call, default=0.0)  # of the slowest pair: noise must not make an honest solution impossible
        if seconds <= 0:  # nothing can be told from calls that do nothing
            return
        least = least_seconds(floor, seconds, device=device)
        self._findings.evidence["share of this machine's peak"] = _rounded(least / seconds)
        if is_impossible(seconds, least):
            raise SolutionProtocol(
                f"impossible: {1e6 * seconds:.3g} µs a call, and at the best that this machine was seen to do its work "
                f"takes {1e6 * least:.3g} µs"
            )

    def _conclude(self, times: Times, found: Speed | None, at_least: float, control: stats.Ratio) -> None:
        if found is None:
            raise Inconclusive("a call takes no longer than one that does nothing: no speed can be told from that")
        self._note(times, found, control)
        if not found.can_be_graded:
            assert found.reference is not None
            raise NotAssessed(
                f"the reference is only {times_as_fast(found.reference)} as fast as the baseline on this machine; "
                f"a speed is graded from {stats.LEAST_RANGE:g} times on"
            )
        told = f"{times_as_fast(found.ratio)} as fast as the baseline (between {_between(found.ratio)})"
        if found.verdict == "fail":
            raise AssertionError(f"{told}; at least {at_least:g} times is asked for")
        if found.is_hopeless:
            none = f"none of its {found.ratio.pairs} pairs reached it"
            raise AssertionError(f"{told}; at least {at_least:g} times is asked for, and {none}")
        times.refuse_if_late()
        if not found.is_decided and found.verdict == "pass" and found.is_unsteady:
            assert found.credit is not None
            self._findings.credit = found.credit.low
            self._findings.reason = f"{told}; its pace differs from process to process: what it is sure to have counts"
            return
        if not found.is_decided:
            what = "to tell"
            if found.credit is not None and found.verdict == "pass":
                what = f"to say what that is worth (between {found.credit.low:.2f} and {found.credit.high:.2f})"
            raise Inconclusive(f"{told}; after {times.seconds:.0f} s too noisy {what}: try a quiet machine")
        worth = found.credit.value if found.credit else self._estimate(found)
        if worth is not None and worth < 1:
            full = _number(stats.FULL_CREDIT * (found.reference.value if found.reference else self._calibrated() or 1))
            self._findings.credit = worth
            self._findings.reason = f"{told}; full credit begins at {full} times"

    def _note(self, times: Times, found: Speed, control: stats.Ratio) -> None:
        evidence = self._findings.evidence
        evidence[SPEED] = _rounded(found.ratio.value)
        evidence["95 % interval of that"] = [_rounded(found.ratio.low), _rounded(found.ratio.high)]
        if found.reference is not None:
            evidence["the reference, times as fast as the baseline"] = _rounded(found.reference.value)
            against = stats.combine(times.logs(SOLUTION, REFERENCE) or [math.nan])
            evidence["beats the reference"] = against.low > 1
        evidence["seconds per call"] = [_rounded(s) for s in stats.per_call(times.turns, SOLUTION)]
        per_call = stats.per_call(times.turns, BASELINE)
        evidence["seconds per call of the baseline"] = _rounded(statistics.median(per_call)) if per_call else None
        evidence["pairs of processes"] = found.ratio.pairs
        evidence |= {"results looked at": times.checked, "of those, too late to count": times.late}
        evidence["A/A control"] = [_rounded(control.low), _rounded(control.value), _rounded(control.high)]

    def _estimate(self, found: Speed) -> float | None:
        """Where no reference is: what the speed would be worth at the calibrated ratio; None if there is none."""
        pace = self._calibrated()
        if pace is None or pace < stats.LEAST_RANGE:
            return None
        return min(1.0, max(0.0, math.log(found.ratio.value) / math.log(stats.FULL_CREDIT * pace)))

    def _calibrated(self) -> float | None:
        try:
            return bands.read(self._check.half, self._check.challenge.slug)[self._check.name][SPEED].median
        except (ContentError, KeyError):
            return None


def entrants_of(assessment: Assessment, check: Check) -> dict[str, Entrant]:
    """Who takes part in a check: the solution, the baseline and, where there is one, the reference.

    Args:
        assessment: under way.
        check: whose contestants.

    Raises:
        NotAttempted: if there is no solution.
        ContentError: if there is no baseline.
    """
    from ptassess.measure.race import Entrant

    found = {}
    for which in (SOLUTION, BASELINE, REFERENCE):
        if which == REFERENCE and not _has_reference(assessment, check):
            continue
        files = assessment.contestant(check.challenge, which, check.entry)
        if files.path is None:
            raise NotAttempted(f"{files.shown_as} is not there")
        found[which] = Entrant(
            path=files.path, shown_as=files.shown_as, overlay=files.overlay, trusted=which != SOLUTION
        )
    return found


def device_evidence(times: Times) -> dict[str, Any]:
    """What a reader of a race on an accelerator has to know beside its figures.

    Args:
        times: of the race.
    """
    measured = {name: times.idle_share(name) for name in times.turns}
    shares = {name: share for name, share in measured.items() if not math.isnan(share)}
    notes = list(times.notes)
    notes += [
        f"{share:.0%} of the {name}'s blocks is copying and waiting: grow the shape, until it is {pace.MOST_IDLE:.0%}"
        for name, share in shares.items()
        if share > pace.MOST_IDLE
    ]
    found: dict[str, Any] = {"share of copying and waiting": {name: _rounded(share) for name, share in shares.items()}}
    if times.clocks:
        found["clock of the accelerator, MHz"] = [min(times.clocks), max(times.clocks)]
    return found | ({"notes": notes} if notes else {})


def is_timed(item: pytest.Item) -> bool:
    """Whether a test is a timed check.

    Args:
        item: pytest's.
    """
    return CHECK in item.stash and not TIMED.isdisjoint(getattr(item, "fixturenames", ()))


def times_as_fast(ratio: stats.Ratio) -> str:
    """A ratio for readers.

    Args:
        ratio: of two speeds.
    """
    return f"{_number(ratio.value)} times"


def _dtype_of(inputs: Sequence[Any]) -> torch.dtype:
    """Of the first floating-point tensor among a call's arguments; float32 if there is none."""
    import torch

    from ptassess.sandbox.handover import tensors_of

    found = (tensor.dtype for tensor in tensors_of(list(inputs)) if tensor.is_floating_point())
    return next(found, torch.float32)


def _usable(device: torch.device | str) -> str:
    """The kind of a device on which races run, and which is here."""
    import torch

    kind = torch.device(device).type
    if kind not in {CPU, "cuda"}:
        raise NotAssessed(f"speed is not measured on {kind}; races run on cpu and on cuda")
    if kind != CPU and not torch.cuda.is_available():
        raise NotAssessed(f"no {kind} device on this machine")
    return kind


def _has_reference(assessment: Assessment, check: Check) -> bool:
    private: Path | None = assessment.private_folder(check.challenge)
    return private is not None and (private / "reference.py").is_file()


def _between(ratio: stats.Ratio) -> str:
    return f"{_number(ratio.low)} and {_number(ratio.high)}"


def _number(value: float) -> str:
    """Three digits, without an exponent where a reader does not need one."""
    return f"{value:.0f}" if 100 <= value < 1e6 else f"{value:.3g}"


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")
