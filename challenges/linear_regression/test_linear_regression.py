"""Public checks: expected values come from mathematics and from torch, in float64."""

from functools import cache

import pytest
import torch

from ptassess.checking import assert_close, assert_within, require_tensor

F64 = torch.float64


def normal(rng, *shape, dtype=F64):
    return torch.randn(*shape, generator=rng, dtype=dtype)


def uniform(rng, low, high, *shape):
    return low + (high - low) * torch.rand(*shape, generator=rng, dtype=F64)


def pair(out, first, second, dtype, msg):
    """A tuple of two tensors of these shapes."""
    assert isinstance(out, (tuple, list)), f"{msg}\nreturn two tensors, not a {type(out).__name__}"
    assert len(out) == 2, f"{msg}\nreturn two tensors, not {len(out)}"
    shapes = (first, second)
    return [require_tensor(part, shape=shape, dtype=dtype, msg=msg) for part, shape in zip(out, shapes, strict=True)]


def check_fit(out, expected, *, tolerance, size=1.0, msg):
    """Weights and biases are near the expected ones, in the norm and relative to it.

    ``size`` is what a unit of the weights' norm can move the bias: the norm of the features' means.
    """
    weights, bias = pair(out, *(tuple(part.shape) for part in expected), expected[0].dtype, msg)
    scale = expected[0].double().norm(dim=-1)
    error = (weights.double() - expected[0].double()).norm(dim=-1) / scale
    assert_within(error, tolerance, "the weights' relative error", msg=msg)
    error = (bias.double() - expected[1].double()).abs() / (expected[1].double().abs() + size * scale)
    assert_within(error, tolerance, "the bias' relative error", msg=msg)


# -- fit_closed_form -------------------------------------------------------------------------------------------


def samples(rng, draw, *, away=2.0):
    """Samples of a noisy linear model, whose features and targets have means away from 0."""
    n, d = draw.randint(40, 60), draw.randint(3, 6)
    x = normal(rng, n, d) * uniform(rng, 0.5, 2, d) + away * normal(rng, d)
    return x, x @ normal(rng, d) + uniform(rng, 2, 4, 1) + 0.5 * normal(rng, n)


def least_squares(x, y):
    """The fit of smallest norm, through the centred samples."""
    target = (y - y.mean()).unsqueeze(-1)
    weights = torch.linalg.lstsq(x - x.mean(0), target, rcond=1e-12, driver="gelsd").solution.squeeze(-1)
    return weights, y.mean() - x.mean(0) @ weights


def with_condition(rng, n, d, condition):
    """Samples whose centred design has that condition number, and means of about 1."""
    q = torch.linalg.qr(torch.cat([torch.ones(n, 1, dtype=F64), normal(rng, n, d)], 1)).Q[:, 1:]
    scales = torch.tensor(float(condition), dtype=F64) ** -torch.linspace(0, 1, d, dtype=F64)
    return n**0.5 * (q * scales) @ torch.linalg.qr(normal(rng, d, d)).Q.mT + normal(rng, d)


@pytest.mark.task("fit_closed_form")
def test_closed_form(solution, rng, draw):
    """Weights and bias of a design of full rank."""
    x, y = samples(rng, draw)
    # Float64 rounding: the reference's largest error over 200 seeds is 2e-15.
    msg = "minimise the sum of squared errors over weights and bias"
    check_fit(solution.fit_closed_form(x, y), least_squares(x, y), tolerance=1e-8, msg=msg)


@pytest.mark.task("fit_closed_form", weight=2)
def test_closed_form_of_a_deficient_rank(solution, rng, draw):
    """Features that repeat or add up others: of all best fits the one with the smallest weights."""
    x, y = samples(rng, draw)
    x = torch.cat([x, x[:, :1], x[:, 1:2] + x[:, 2:3]], 1)[:, torch.randperm(x.shape[1] + 2, generator=rng)]
    # The reference's largest error over 200 seeds is 6e-15.
    msg = "many weights fit equally well: return those of smallest norm, in which the bias does not count"
    check_fit(solution.fit_closed_form(x, y), least_squares(x, y), tolerance=1e-8, msg=msg)


@pytest.mark.task("fit_closed_form", weight=2)
def test_closed_form_of_a_bad_condition(solution, rng, draw):
    """An exact linear relation is found again at a condition number of 1e7."""
    n, d = draw.randint(40, 60), draw.randint(4, 7)
    x, weights = with_condition(rng, n, d, 1e7), normal(rng, d)
    mean = x.mean(0)
    y = (x - mean) @ weights  # of mean 0: those who do not centre it lose nothing
    out = solution.fit_closed_form(x, y)
    # The brief's promise; the reference's largest error over 200 seeds is 7e-10; normal equations have 9e-5 or more.
    msg = "normal equations square the condition number"
    check_fit(out, (weights, -mean @ weights), tolerance=1e-6, size=mean.norm(), msg=msg)


@pytest.mark.task("fit_closed_form")
def test_closed_form_with_more_features_than_samples(solution, rng, draw):
    """More features than samples: the fit is exact, and the weights are the smallest that are."""
    n = draw.randint(8, 15)
    x, y = normal(rng, n, n + draw.randint(3, 9)) + 1, normal(rng, n)
    # The reference's largest error over 200 seeds is 6e-15.
    msg = "many weights fit equally well: return those of smallest norm, in which the bias does not count"
    check_fit(solution.fit_closed_form(x, y), least_squares(x, y), tolerance=1e-8, size=x.mean(0).norm(), msg=msg)


# -- fit_gradient_descent --------------------------------------------------------------------------------------


def descend(x, y, steps, lr):
    """The brief's recursion, with weights and bias in one vector."""
    design = torch.cat([x, torch.ones_like(x[:, :1])], 1).double()
    point, losses = torch.zeros(design.shape[1], dtype=F64), []
    for step in range(steps + 1):
        residual = design @ point - y.double()
        losses.append(residual.square().mean())
        if step < steps:
            point = point - lr * (2 / len(y)) * (residual @ design)
    return point[:-1], point[-1], torch.stack(losses)


def step_length(out):
    """The step length that was used, as a number."""
    lr = out.get("lr") if isinstance(out, dict) else None
    lr = lr.item() if isinstance(lr, torch.Tensor) and lr.numel() == 1 else lr
    ok = isinstance(lr, (int, float)) and not isinstance(lr, bool)
    assert ok, f"return a dict whose lr is the step length that was used, a number, not a {type(lr).__name__}"
    return lr


def check_descent(out, expected, *, dtype=F64, tolerance, msg):
    """Weights, bias and losses are those of the recursion."""
    assert isinstance(out, dict), "return a dict of weights, bias, losses and lr"
    for key, value in zip(("weights", "bias", "losses"), expected, strict=True):
        assert key in out, f"the dict has no {key!r}"
        assert_close(out[key], value.to(dtype), rtol=tolerance, atol=tolerance, msg=f"{key}: {msg}")


@pytest.mark.task("fit_gradient_descent", weight=2)
def test_descent_takes_the_given_steps(solution, rng, draw):
    """A few steps of a given length end exactly where the formula says, with the losses on the way."""
    x, y = samples(rng, draw, away=0.7)
    steps, lr = draw.randint(4, 9), draw.uniform(0.01, 0.05)
    out = solution.fit_gradient_descent(x, y, steps, lr)
    assert_close(step_length(out), lr, rtol=1e-6, atol=0, msg="lr is the step length that was used")
    # Float64 rounding: the reference's largest error over 200 seeds is 1e-15 of the value.
    msg = "start from zero, use the gradient of the mean, and move weights and bias from the same point"
    check_descent(out, descend(x, y, steps, lr), tolerance=1e-8, msg=msg)


@pytest.mark.task("fit_gradient_descent", weight=3)
@pytest.mark.parametrize("scale", ["small", "large"])
def test_descent_reaches_the_optimum(solution, rng, draw, evidence, scale):
    """In 500 steps of a length of its own choice, the loss is within 0.1 % of its minimum."""
    n, d = draw.randint(100, 140), draw.randint(4, 6)
    largest = draw.uniform(2.2, 3) if scale == "small" else draw.uniform(60, 90)
    q = torch.linalg.qr(torch.cat([torch.ones(n, 1, dtype=F64), normal(rng, n, d)], 1)).Q[:, 1:]
    v = torch.linalg.qr(normal(rng, d, d)).Q
    spectrum = largest * 49.0 ** -torch.linspace(0, 1, d, dtype=F64)  # of the Hessian; the bias adds a 2 among them
    x = (n / 2) ** 0.5 * (q * spectrum.sqrt()) @ v.mT
    signs = 2.0 * torch.randint(2, (d,), generator=rng) - 1
    y = x @ v @ (signs / spectrum.sqrt()) + uniform(rng, 1, 3, 1) + normal(rng, n)

    out = solution.fit_gradient_descent(x, y)
    # The reference's largest error over 200 seeds is 3e-15 of the value: where descent converges, errors do not grow.
    msg = "500 plain steps of the length that is returned as lr end elsewhere"
    check_descent(out, descend(x, y, 500, step_length(out)), tolerance=1e-6, msg=msg)
    weights, bias = least_squares(x, y)
    ratio = (out["losses"][-1] / (x @ weights + bias - y).square().mean()).item()
    evidence["loss / minimum"] = ratio
    evidence["losses"] = out["losses"][::10]
    msg = "the right step length depends on the data"
    assert_within(ratio - 1, 1e-3, "the last loss, relative to its minimum and less one,", msg=msg)


# -- ridge_path ------------------------------------------------------------------------------------------------


def ridge(x, y, lambdas):
    """Each penalty as additional samples of a least-squares problem, which squares no condition number."""
    centred, target, d = x - x.mean(0), y - y.mean(), x.shape[1]
    designs = torch.cat(
        [centred.expand(len(lambdas), -1, -1), lambdas.sqrt()[:, None, None] * torch.eye(d, dtype=x.dtype)], 1
    )
    targets = torch.cat([target, target.new_zeros(d)]).expand(len(lambdas), -1).unsqueeze(-1)
    weights = torch.linalg.lstsq(designs, targets).solution.squeeze(-1)
    return weights, y.mean() - weights @ x.mean(0)


def penalties(rng, k):
    """From 0.01 to 1,000, in no order."""
    return 10 ** uniform(rng, -2, 3, k)


@pytest.mark.task("ridge_path", weight=2)
def test_ridge(solution, rng, draw):
    """Weights for every penalty, on samples whose means are zero."""
    x, y = samples(rng, draw)
    x, y, lambdas = x - x.mean(0), y - y.mean(), penalties(rng, draw.randint(5, 9))
    out = solution.ridge_path(x, y, lambdas)
    # Float64 rounding: the reference's largest error over 200 seeds is 7e-15.
    check_fit(out, ridge(x, y, lambdas), tolerance=1e-8, msg="minimise the sum of squared errors plus λ ‖w‖²")


@pytest.mark.task("ridge_path", weight=2)
def test_ridge_does_not_penalise_the_bias(solution, rng, draw):
    """Features and targets far from zero."""
    x, y = samples(rng, draw, away=5.0)
    y, lambdas = y + uniform(rng, 50, 100, 1), penalties(rng, draw.randint(5, 9))
    out = solution.ridge_path(x, y, lambdas)
    # The reference's largest error over 200 seeds is 7e-15.
    msg = "the bias is free: only the weights are penalised, and the features' means belong into it"
    check_fit(out, ridge(x, y, lambdas), tolerance=1e-8, size=x.mean(0).norm(), msg=msg)


@pytest.mark.task("ridge_path", weight=1, role="property", advisory=True)
def test_ridge_decomposes_once(solution, probes, rng, draw, evidence):
    """At most three decompositions, however many penalties."""
    x, y = samples(rng, draw)
    count = solution.run(probes.decompositions, x, y, penalties(rng, 25))
    evidence["decompositions"] = count
    assert isinstance(count, int), "decompositions are counted in whole numbers"
    assert count <= 3, f"{count} decompositions for 25 penalties, allowed are 3: what does λ leave as it is?"


@pytest.mark.task("ridge_path", weight=2, role="property")
def test_ridge_is_fast(race, rng):
    """100 penalties in less than half of the time that one linear system for each takes."""

    def check(out, x, y, lambdas):
        """Where the weights are right, the objective's gradient is zero."""
        weights, bias = pair(out, (100, 32), (100,), x.dtype, "return (weights, biases)")
        centred, target = x - x.mean(0), (y - y.mean()).unsqueeze(-1)
        gradient = centred.mT @ (centred @ weights.mT - target) + lambdas * weights.mT
        size = (centred.mT @ target).norm()
        assert_within(gradient.norm(dim=0) / size, 1e-9, "the gradient at the minimum", msg="wrong while it was timed")
        assert_within(bias - (y.mean() - weights @ x.mean(0)), 1e-9, "the biases", msg="wrong while it was timed")

    def inputs():
        x = normal(rng, 300, 32)
        return x, x @ normal(rng, 32) + normal(rng, 300), penalties(rng, 100)

    race("ridge_path", inputs=inputs, check=check, at_least=2, flops=300 * 32**2)  # of half of xᵀx


# -- fit_minibatch ---------------------------------------------------------------------------------------------

EPOCHS = 40
TRAINING = 300


@cache
def diabetes():
    """Scikit-learn's 442 patients: ten features, standardised, and the progress of their disease."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    x = torch.from_numpy(x).double()
    return (x - x.mean(0)) / x.std(0), torch.from_numpy(y).double()


def warped(rng, *, rotate):
    """The patients with noise, in other features of drawn scales and means: x and y for training, x and y held out."""
    x, y = diabetes()
    n, d = x.shape
    x, y = x + 0.05 * normal(rng, n, d), y + 10 * normal(rng, n)
    x = x @ torch.linalg.qr(normal(rng, d, d)).Q if rotate else x[:, torch.randperm(d, generator=rng)]
    x = (x + uniform(rng, -8, 8, d)) * 10 ** uniform(rng, -2, 2, d)
    order = torch.randperm(n, generator=rng)
    x, y = x[order].float(), y[order].float()
    return x[:TRAINING], y[:TRAINING], x[TRAINING:], y[TRAINING:]


def predict(solution, trial, x, y, x_new):
    """What the solution predicts after a training on mini-batches."""
    batches = trial.feed(x, y, size=trial.draw.randint(24, 40), epochs=EPOCHS)
    out = solution.fit_minibatch(batches.next_batch, batches.per_epoch, x_new)
    batches.require_budget()
    return require_tensor(out, shape=(len(x_new),), dtype=torch.float32, msg="one prediction for every row")


def r_squared(predicted, y):
    predicted, y = predicted.double(), y.double()
    return (1 - (predicted - y).square().sum() / (y - y.mean()).square().sum()).item()


def check_shortfall(training, data_of):
    """R² on held-out targets is near that of least squares."""

    def run(solution, trial):
        x, y, x_new, y_new = data_of(trial)
        predicted = predict(solution, trial, x, y, x_new)
        weights, bias = least_squares(x.double(), y.double())
        return r_squared(predicted, y_new) - r_squared(x_new.double() @ weights + bias, y_new)

    # The brief's promise; the reference's largest shortfall over 200 seeds is 0.022, a constant's is at least 0.25.
    msg = "are features and targets standardised, a constant feature too, x_new in the same way, and is the step right?"
    training(run, name="R² less that of least squares", asked=-0.1, full=-0.05, msg=msg)


@pytest.mark.task("fit_minibatch", weight=3)
def test_minibatch(training):
    """R² on held-out targets, with features of drawn order, scales and means."""
    check_shortfall(training, lambda trial: warped(trial.rng, rotate=False))


# -- fit_robust ------------------------------------------------------------------------------------------------


def contaminated(rng, draw, kind, unit=1.0):
    """200 samples, a fifth of them outliers of some kind; x, y, weights and bias."""
    n, d, bad = 200, draw.randint(3, 5), 40
    x, weights, bias = normal(rng, n, d), 1.5 * normal(rng, d), uniform(rng, -5, 5, 1)[0]
    if kind == "far in x":
        direction = normal(rng, d)
        x[:bad] = 8 * direction / direction.norm() + 0.3 * normal(rng, bad, d)
    y = x @ weights + bias + 0.2 * normal(rng, n)
    side = 2.0 * torch.randint(2, (1,), generator=rng) - 1
    if kind == "scattered":
        y[:bad] += uniform(rng, 10, 200, bad) * (2.0 * torch.randint(2, (bad,), generator=rng) - 1)
    elif kind == "on one side":
        y[:bad] += side * uniform(rng, 6, 30, bad)
    elif kind == "far in x":
        y[:bad] += side * uniform(rng, 20, 25, bad)
    order = torch.randperm(n, generator=rng)
    return x[order], unit * y[order], unit * weights, unit * bias


def check_robust(solution, data, evidence, unit=1.0, msg=""):
    """Every coefficient is within a tenth of its unit."""
    x, y, weights, bias = data
    found = pair(solution.fit_robust(x, y), (x.shape[1],), (), F64, msg)
    errors = torch.cat([found[0] - weights, (found[1] - bias).reshape(1)]).abs() / unit
    evidence["largest error"] = errors.max().item()
    # The brief's promise, six standard errors; the reference's largest error over 200 seeds is 0.06.
    assert_within(errors, 0.1, "a coefficient's error, in units of y,", msg=msg)


@pytest.mark.task("fit_robust", weight=2)
@pytest.mark.parametrize("kind", ["scattered", "on one side"])
def test_robust_against_outliers_in_y(solution, rng, draw, evidence, kind):
    """A fifth of the targets is grossly wrong."""
    msg = "outliers still pull at the fit"
    check_robust(solution, contaminated(rng, draw, kind), evidence, msg=msg)


# -- prediction_interval ---------------------------------------------------------------------------------------


def classical(x, y, x_new, level):
    """Student's interval, with leverages through the pseudoinverse: its centre and half its width."""
    from scipy.stats import t

    def with_ones(a):
        return torch.cat([a, torch.ones_like(a[..., :1])], -1)

    design, rows = with_ones(x), with_ones(x_new)
    inverse = torch.linalg.pinv(design)
    fit = inverse @ y.unsqueeze(-1)
    freedom = x.shape[-2] - x.shape[-1] - 1
    variance = (y.unsqueeze(-1) - design @ fit).square().sum((-2, -1)) / freedom
    leverage = (rows @ inverse).square().sum(-1)
    quantile = float(t.ppf((1 + level) / 2, freedom))
    return (rows @ fit).squeeze(-1), quantile * (variance.unsqueeze(-1) * (1 + leverage)).sqrt()


def data_sets(rng, batch, sizes, *, away=1.0):
    """Data sets of drawn models and noises, of n samples, d features and m new rows.

    Returns:
        x, y, x_new, and of a new observation at each new row the mean and the standard deviation.
    """
    n, d, m = sizes
    x, x_new = normal(rng, *batch, n, d), away * normal(rng, *batch, m, d)
    means = 3 * normal(rng, *batch, 1, d)
    x, x_new = x + means, x_new + means
    weights, bias = normal(rng, *batch, d, 1), 5 * normal(rng, *batch, 1)
    noise = 10 ** uniform(rng, -1, 1, *batch, 1)
    y = (x @ weights).squeeze(-1) + bias + noise * normal(rng, *batch, n)
    return x, y, x_new, (x_new @ weights).squeeze(-1) + bias, noise


def check_coverage(solution, data, level, evidence, msg):
    """The probability of new observations inside is the level, and the width is not too large.

    The judge knows the model, so each interval's probability is computed; no observation is drawn.
    """
    x, y, x_new, mean, noise = data
    lower, upper = pair(solution.prediction_interval(x, y, x_new, level), *[tuple(mean.shape)] * 2, F64, msg)
    below, above = (torch.special.ndtr((bound - mean) / noise) for bound in (lower, upper))
    inside = (above - below).mean().item()
    half = classical(x, y, x_new, level)[1]
    width = ((upper - lower) / (2 * half)).mean().item()
    evidence["share inside"] = inside
    evidence["width / classical"] = width
    # The brief's promise.
    allowed = 0.008 if level == 0.99 else 0.04
    told = f"{100 * inside:.1f} % of the new observations are inside, wanted are {100 * level:g} %; the difference"
    assert_within(abs(inside - level), allowed, told, msg=msg)
    assert width <= 1.02, f"the intervals are {width:.3g} times as wide as they have to be"


SETTINGS = {
    "near the samples": (100, 3, 1.0, "the new observation has noise of its own"),
    "far from the samples": (40, 3, 6.0, "far from the samples the fit itself is uncertain"),
    "few samples": (8, 2, 1.0, "with few samples the variance is uncertain too: degrees of freedom, and Student's t"),
}


@pytest.mark.task("prediction_interval", weight=1.5)
@pytest.mark.parametrize("setting", list(SETTINGS))
def test_interval_covers(solution, rng, evidence, setting):
    """Of new observations, 90 % lie inside, over 1,000 data sets."""
    n, d, away, msg = SETTINGS[setting]
    check_coverage(solution, data_sets(rng, (1000,), (n, d, 5), away=away), 0.9, evidence, msg)


# -- quiz ------------------------------------------------------------------------------------------------------


@pytest.mark.task("quiz", role="property", weight=0.5)
def test_quiz_can_be_read(quiz):
    """Every answer that was given has the form that its question asks for."""
    quiz.check_forms()
