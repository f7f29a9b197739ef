"""One check of each kind."""

import pytest
import torch

from ptassess import judge_call
from ptassess.checking import assert_close


# [value]
@pytest.mark.task("cube", weight=3)
def test_cubes(solution, rng):
    """Values agree with the definition."""
    x = torch.randn(32, generator=rng)
    # The product of three float32 numbers is off by at most two roundings of 6e-8 each.
    assert_close(solution.cube(x), (x.double() ** 3).float(), rtol=1e-6, atol=0, msg="x · x · x, sign included")


# [/value]
# [probe]
@pytest.mark.task("cube", weight=2)
def test_gradient_flows(solution, probes, rng):
    """The gradient is 3 x²."""
    x = torch.randn(8, generator=rng)
    (gradient,) = solution.run(probes.gradient_of, "cube", x)
    assert_close(gradient, 3 * x**2, rtol=1e-5, atol=1e-7, msg="stay with torch's operations, and detach nothing")


# [/probe]
# [property]
@pytest.mark.task("cube", role="property", advisory=True)
def test_leaves_its_input_alone(solution, probes):
    """The input is not changed. Whoever returns nonsense passes this too, so it earns only beside right values."""
    x = torch.arange(3.0)
    after = solution.run(probes.call_keeping_inputs, "cube", x)["inputs"][0]
    assert_close(after, x, rtol=0, atol=0, msg="the input was changed in place")


# [/property]
# [race]
@pytest.mark.task("cube", weight=2, role="property")
def test_cubes_fast(race, rng):
    """2,000 numbers at once. The baseline, in baseline.py, takes them one by one."""

    def check(out, x):
        assert_close(out, (x.double() ** 3).float(), rtol=1e-6, atol=0, msg="wrong while it was timed")

    race("cube", inputs=lambda: (torch.randn(2_000, generator=rng),), check=check, at_least=5)


# [/race]
# [class]
@pytest.mark.task("Scale")
def test_scales(solution, probes, draw):
    """An object cannot cross the wall: the probe uses it, and returns what is to be judged."""
    factor, x = draw.uniform(2, 5), torch.ones(3)
    found = solution.run(probes.scale_by, factor, x)
    assert_close(found["out"], factor * x, rtol=1e-6, atol=0, msg="multiply by the factor")
    assert found["parameters"] == ["factor"], "register the factor: torch.nn.Parameter"


# [/class]
# [callable]
@pytest.mark.task("root_of")
def test_finds_the_root(solution, draw, evidence):
    """Their code calls our function: the judge computes, and counts."""
    root = draw.uniform(-1, 1)
    f = judge_call(lambda x: (x - root) ** 3 + (x - root), limit=30)
    found = solution.root_of(f, root - 1.5, root + 2)
    evidence["calls"] = f.count
    assert not f.exceeded, "more than 30 calls: halve the interval"
    assert_close(found, root, rtol=0, atol=1e-6, msg="the function is 0 elsewhere")


# [/callable]
# [session]
@pytest.mark.task("recall")
def test_remembers_in_a_new_process(solution, draw):
    """A session keeps one process; after `restart` there is a new one with only the files that are named."""
    value = draw.uniform(0, 1)
    with solution.session() as session:
        session.remember(value)
        session.restart(keep=["memory"])
        assert_close(session.recall(), value, rtol=0, atol=0, msg="every digit counts: repr(value)")


# [/session]
# [shared]
@pytest.fixture(scope="module")
def fitted(shared):
    """One computation, on which several checks look: values, never the handle."""
    x = torch.randn(50, generator=shared.rng("x"))
    slope = shared.draw("slope").uniform(1, 2)
    with shared.solution("fit") as solution:
        return slope, len(x), solution.fit(x, slope * x)


@pytest.mark.task("fit")
def test_fits_the_slope(fitted):
    """The slope is right."""
    slope, _, found = fitted
    assert isinstance(found, tuple), "return the slope and the number of samples"
    assert_close(found[0], slope, rtol=1e-5, atol=0, msg="divide x·y by x·x")


@pytest.mark.task("fit")
def test_counts_the_samples(fitted):
    """So is the number of samples."""
    _, count, found = fitted
    assert isinstance(found, tuple), "return the slope and the number of samples"
    assert found[1:] == (count,), "return the number of samples as well"


# [/shared]
# [training]
@pytest.mark.task("learn")
def test_learns_the_slope(training):
    """From at most ten epochs of mini-batches; the judge draws, counts and scores."""

    def run(solution, trial):
        slope = trial.draw.uniform(1, 2)
        x = torch.randn(200, generator=trial.rng)
        x, y, x_new, y_new = trial.split(x, slope * x)
        batches = trial.feed(x, y, size=20, epochs=10)
        found = solution.learn(batches.next_batch, batches.per_epoch)
        batches.require_budget()
        return 1 - ((found * x_new - y_new).square().mean() / y_new.square().mean()).item()

    training(run, name="R²", asked=0.9, full=0.99, msg="do a step for each batch")


# [/training]
# [service]
@pytest.mark.task("reply_to")
def test_serves(solution, probes, draw):
    """Their server runs on a socket that the judge has bound; the judge is its client."""
    path = "/" + "".join(draw.sample("abcdefgh", 5))
    with solution.service() as service:
        service.run(probes.serve)
        reply = service.request("GET", path)
    assert reply.status == 200, f"GET {path} was answered with status {reply.status}"
    assert reply.body == path.upper().encode(), "answer with the path in upper case"


# [/service]
@pytest.mark.task("quiz", role="property", weight=0.5)
def test_quiz_can_be_read(quiz):
    """Every answer has the form that its question asks for."""
    quiz.check_forms()
