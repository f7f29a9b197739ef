"""Private checks: the corners that the brief names and the public checks leave out."""

import pytest
import torch

from ptassess.checking import assert_close, assert_within
from ptassess.loading import load_public
from ptassess.trainings import Trial

public = load_public(__file__)
normal, uniform, samples, check_fit = public.normal, public.uniform, public.samples, public.check_fit


# -- fit_closed_form -------------------------------------------------------------------------------------------


@pytest.mark.task("fit_closed_form")
def test_closed_form_in_float32(solution, rng, draw):
    """Float32 in, float32 out."""
    x, y = (part.float() for part in samples(rng, draw))
    expected = [part.float() for part in public.least_squares(x.double(), y.double())]
    # The reference's largest error over 200 seeds is 2e-6.
    msg = "results have the dtype of the inputs"
    check_fit(solution.fit_closed_form(x, y), expected, tolerance=1e-3, msg=msg)


@pytest.mark.task("fit_closed_form", role="property", advisory=True)
def test_closed_form_leaves_its_inputs_alone(solution, probes, rng, draw):
    """Neither x nor y is changed."""
    inputs = samples(rng, draw)
    after = solution.run(probes.call_keeping_inputs, "fit_closed_form", *inputs)["inputs"]
    for before, now in zip(inputs, after, strict=True):
        assert_close(now, before, rtol=0, atol=0, msg="an input was changed in place")


# -- fit_gradient_descent --------------------------------------------------------------------------------------


@pytest.mark.task("fit_gradient_descent")
def test_descent_of_no_steps(solution, rng, draw):
    """No step: zeros, and the loss there."""
    x, y = samples(rng, draw)
    out = solution.fit_gradient_descent(x, y, 0, 0.1)
    msg = "steps = 0 is allowed: losses has one element"
    public.check_descent(out, public.descend(x, y, 0, 0.1), tolerance=1e-8, msg=msg)


@pytest.mark.task("fit_gradient_descent")
def test_descent_in_float32(solution, rng, draw):
    """Float32 in, float32 out."""
    x, y = (part.float() for part in samples(rng, draw, away=0.7))
    out = solution.fit_gradient_descent(x, y, 20, 0.02)
    # The reference's largest error over 200 seeds is 4e-7 of the value.
    msg = "results have the dtype of the inputs"
    public.check_descent(out, public.descend(x, y, 20, 0.02), dtype=torch.float32, tolerance=1e-3, msg=msg)


@pytest.mark.task("fit_gradient_descent", role="property", advisory=True)
def test_descent_without_autograd(solution, probes, rng, draw, evidence):
    """Autograd records nothing."""
    x, y = samples(rng, draw)
    saved = solution.run(probes.saved_by_descent, x, y)
    evidence["bytes saved by autograd"] = saved
    assert saved == 0, "write the gradient by hand: autograd recorded the descent"


# -- ridge_path ------------------------------------------------------------------------------------------------


@pytest.mark.task("ridge_path", weight=2)
def test_ridge_without_penalty_is_of_minimum_norm(solution, rng, draw):
    """λ = 0 with features that repeat others: the weights of smallest norm."""
    x, y = samples(rng, draw)
    x = torch.cat([x, x[:, :2]], 1)[:, torch.randperm(x.shape[1] + 2, generator=rng)]
    lambdas = torch.tensor([1.0, 0.0, 10.0], dtype=torch.float64)
    small, none, large = public.ridge(x, y, lambdas[:1]), public.least_squares(x, y), public.ridge(x, y, lambdas[2:])
    expected = [torch.stack([small[i][0], none[i], large[i][0]]) for i in (0, 1)]
    # The reference's largest error over 200 seeds is 8e-15.
    msg = "a singular value of zero contributes nothing, whatever λ is"
    check_fit(solution.ridge_path(x, y, lambdas), expected, tolerance=1e-8, size=x.mean(0).norm(), msg=msg)


@pytest.mark.task("ridge_path", weight=2)
def test_ridge_of_a_bad_condition(solution, rng, draw):
    """A condition number of 1e7, and penalties down to the smallest singular value squared."""
    n, d = draw.randint(40, 60), draw.randint(4, 7)
    x = public.with_condition(rng, n, d, 1e7)
    y = x @ normal(rng, d) + 0.1 * normal(rng, n)
    y = y - y.mean()  # those who do not centre it lose nothing
    lambdas = n * torch.tensor([1e-14, 1e-7, 1.0], dtype=torch.float64)
    # The brief's promise; the reference's largest error over 200 seeds is 9e-8; through xᵀ x it is 4e-5 or more.
    msg = "xᵀ x squares the condition number: decompose the centred x itself"
    check_fit(
        solution.ridge_path(x, y, lambdas),
        public.ridge(x, y, lambdas),
        tolerance=2e-6,
        size=x.mean(0).norm(),
        msg=msg,
    )


# -- fit_minibatch ---------------------------------------------------------------------------------------------


@pytest.mark.task("fit_minibatch", weight=2)
def test_minibatch_of_rotated_features(training):
    """R² on held-out targets, with features that are mixtures of the original ones."""
    public.check_shortfall(training, lambda trial: public.warped(trial.rng, rotate=True))


@pytest.mark.task("fit_minibatch")
def test_minibatch_with_a_constant_feature(training):
    """A feature that is constant, in training and in x_new."""

    def data_of(trial):
        x, y, x_new, y_new = public.warped(trial.rng, rotate=False)
        column = trial.draw.randrange(x.shape[1])
        # whole: their mean is exact, their deviation 0
        x[:, column] = x_new[:, column] = trial.draw.randint(1, 9)
        return x, y, x_new, y_new

    public.check_shortfall(training, data_of)


@pytest.mark.task("fit_minibatch", role="property", weight=2)
def test_minibatch_learns_nothing_from_new_rows(solution, rng, draw, evidence):
    """The predictions of some rows do not change when the other rows do."""
    x, y, x_new, _ = public.warped(rng, rotate=False)
    seed, fixed = draw.randrange(2**31), 30
    others = x_new.clone()
    others[fixed:] = x.mean(0) + 30 * x.std(0) * (1 + torch.rand(len(x_new) - fixed, x.shape[1], generator=rng))
    with solution.session() as fresh:
        first = public.predict(fresh, Trial.of(seed), x, y, x_new)[:fixed]
        fresh.restart()
        second = public.predict(fresh, Trial.of(seed), x, y, others)[:fixed]
    change = ((first - second).abs().max() / y.std()).item()
    evidence["largest change / standard deviation of y"] = change
    # The same training in float32; the reference's predictions do not change at all.
    assert change <= 1e-2, (
        f"predictions change by {change:.2g} standard deviations of y with the other rows: "
        "means and scales come from the training samples only"
    )


# -- fit_robust ------------------------------------------------------------------------------------------------


@pytest.mark.task("fit_robust", weight=3)
def test_robust_against_outliers_far_in_x(solution, rng, draw, evidence):
    """A cluster of outliers that lies far out in x as well."""
    msg = "bounded residuals are not enough: outliers far in x make their own residuals small"
    public.check_robust(solution, public.contaminated(rng, draw, "far in x"), evidence, msg=msg)


@pytest.mark.task("fit_robust")
def test_robust_without_outliers(solution, rng, draw, evidence):
    """No outliers."""
    msg = "without outliers it is an ordinary regression"
    public.check_robust(solution, public.contaminated(rng, draw, "none"), evidence, msg=msg)


@pytest.mark.task("fit_robust")
@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_robust_in_any_unit(solution, rng, draw, evidence, unit):
    """Targets in other units."""
    msg = "what is far is measured in the scale of the residuals"
    public.check_robust(solution, public.contaminated(rng, draw, "on one side", unit), evidence, unit, msg)


# -- prediction_interval ---------------------------------------------------------------------------------------


@pytest.mark.task("prediction_interval")
@pytest.mark.parametrize("level", [0.5, 0.99])
def test_interval_of_other_levels(solution, rng, evidence, level):
    """Other levels than 90 %."""
    data = public.data_sets(rng, (1000,), (12, 3, 5))
    msg = "the level decides the quantile, and both tails have the same share"
    public.check_coverage(solution, data, level, evidence, msg)


@pytest.mark.task("prediction_interval")
@pytest.mark.parametrize("batch", [(), (2, 3)], ids=["none", "two"])
def test_interval_of_other_batches(solution, rng, draw, batch):
    """No batch dimension, and two of them: each bound is the classical one."""
    sizes = draw.randint(10, 20), draw.randint(2, 4), draw.randint(3, 6)
    x, y, x_new, *_ = public.data_sets(rng, batch, sizes, away=2.0)
    msg = "any number of batch dimensions, also none"
    out = solution.prediction_interval(x, y, x_new, 0.9)
    found = public.pair(out, *[tuple(x_new.shape[:-1])] * 2, torch.float64, msg)
    centre, half = public.classical(x, y, x_new, 0.9)
    for bound, expected in zip(found, (centre - half, centre + half), strict=True):
        # The brief's promise; the reference's largest error over 200 seeds is 2e-8.
        error = (bound - expected).abs() / (2 * half)
        assert_within(error, 0.02, "a bound's error, as a share of the width,", msg=msg)


# -- quiz ------------------------------------------------------------------------------------------------------

QUESTIONS = [
    "largest_stable_step",
    "best_rate",
    "shrunken_mean",
    "ridge_degrees_of_freedom",
    "noise_variance",
    "bias_and_variance",
]


@pytest.mark.task("quiz")
@pytest.mark.parametrize("name", QUESTIONS)
def test_quiz(quiz, name):
    """All three draws of a question are right."""
    quiz.check(name)
