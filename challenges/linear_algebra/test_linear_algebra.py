"""Public checks: expected values come from mathematics and from torch, in float64."""

import pytest
import torch

from ptassess import judge_call
from ptassess.checking import assert_close, assert_within, require_tensor

# Relative and absolute errors that are allowed. The reference's own largest float32 errors, over 200 seeds, are in
# brackets.
PRODUCTS = {"rtol": 1e-4, "atol": 1e-4}  # (1.5e-5 of values around 10)
DISTANCES = {"rtol": 1e-3, "atol": 1e-5}  # the brief's promise (4e-5)
PRODUCT_KEYS = ("outer", "bilinear", "matvec", "matmul", "batched", "weighted", "column_means")


def normal(rng, *shape, dtype=torch.float32):
    return torch.randn(*shape, generator=rng, dtype=dtype)


def family(rng, draw):
    """Operands of drawn, pairwise different sizes, so that no wrong axis fits by chance."""
    m, n, p, q, k = draw.sample(range(2, 12), 5)
    return normal(rng, m), normal(rng, n), normal(rng, m, n), normal(rng, n, p), normal(rng, k, p, q)


# -- matmul_family ---------------------------------------------------------------------------------------------


def products(*operands):
    """The seven formulas of the brief, axis by axis, in float64."""
    u, v, a, b, s = (x.double() for x in operands)
    return {
        "outer": torch.einsum("m,n->mn", u, v),
        "bilinear": torch.einsum("m,mn,n->", u, a, v),
        "matvec": torch.einsum("mn,n->m", a, v),
        "matmul": torch.einsum("mn,np->mp", a, b),
        "batched": torch.einsum("mn,np,kpq->kmq", a, b, s),
        "weighted": torch.einsum("np,n,kpq->k", b, v, s),
        "column_means": torch.einsum("mn->n", a) / len(a),
    }


@pytest.mark.task("matmul_family")
@pytest.mark.parametrize("key", PRODUCT_KEYS)
def test_products(solution, rng, draw, key):
    """Each product agrees with its formula."""
    operands = family(rng, draw)
    out = solution.matmul_family(*operands)
    assert isinstance(out, dict), "return a dict of the seven products"
    assert key in out, f"the dict has no {key!r}"
    expected = products(*operands)[key].float()
    assert_close(out[key], expected, **PRODUCTS, msg=f"{key} differs: compare the axes with the formula in the brief")


# -- batched_quadratic_form ------------------------------------------------------------------------------------


def quadratic(a, x):
    return torch.einsum("...i,...ij,...j->...", x.double(), a.double(), x.double()).to(x.dtype)


@pytest.mark.task("batched_quadratic_form")
def test_quadratic_form_of_one_matrix(solution, rng, draw):
    """One matrix, one vector: a scalar."""
    n = draw.randint(3, 9)
    a, x = normal(rng, n, n), normal(rng, n)
    out = solution.batched_quadratic_form(a, x)
    assert_close(out, quadratic(a, x), **PRODUCTS, msg="xᵀ A x of one vector is a scalar, shape ()")


@pytest.mark.task("batched_quadratic_form", weight=2)
def test_quadratic_form_of_a_batch(solution, rng, draw):
    """A batch of matrices with a batch of vectors."""
    batch, n = draw.randint(2, 5), draw.randint(6, 9)
    a, x = normal(rng, batch, n, n), normal(rng, batch, n)
    out = solution.batched_quadratic_form(a, x)
    assert_close(out, quadratic(a, x), **PRODUCTS, msg="each vector belongs to the matrix of the same batch index")


@pytest.mark.task("batched_quadratic_form", weight=2, role="property")
def test_quadratic_form_is_fast(race, rng):
    """32 matrices at once, without a Python loop over their entries."""

    def check(out, a, x):
        assert_close(out, quadratic(a, x), **PRODUCTS, msg="wrong while it was timed")

    race(
        "batched_quadratic_form",
        inputs=lambda: (normal(rng, 32, 12, 12), normal(rng, 32, 12)),
        check=check,
        at_least=20,
        flops=32 * 2 * 12 * 12,
    )


# -- pairwise_distances ----------------------------------------------------------------------------------------


def distances(x, y):
    return torch.cdist(x.double(), y.double(), compute_mode="donot_use_mm_for_euclid_dist").to(x.dtype)


@pytest.mark.task("pairwise_distances", weight=2)
def test_distances(solution, rng, draw):
    """All distances between two sets of points."""
    n, m, d = draw.randint(20, 40), draw.randint(50, 60), draw.randint(3, 9)
    x, y = normal(rng, n, d), normal(rng, m, d)
    msg = "element (i, j) is the distance of x[i] to y[j]"
    assert_close(solution.pairwise_distances(x, y), distances(x, y), **DISTANCES, msg=msg)


@pytest.mark.task("pairwise_distances", weight=2)
def test_distances_far_from_the_origin(solution, rng, draw):
    """Points that lie 1,000 times as far from the origin as from each other."""
    far = 1000 * (1 + torch.rand(6, generator=rng))
    x, y = normal(rng, draw.randint(30, 40), 6) + far, normal(rng, draw.randint(50, 60), 6) + far
    msg = "the digits cancelled: distances do not depend on where the origin is"
    assert_close(solution.pairwise_distances(x, y), distances(x, y), **DISTANCES, msg=msg)


@pytest.mark.task("pairwise_distances", role="property")
def test_distances_are_never_negative_or_nan(solution, rng):
    """Points against themselves: no NaN, nothing negative, and next to nothing on the diagonal."""
    x = normal(rng, 40, 8)
    out = require_tensor(solution.pairwise_distances(x, x), shape=(40, 40))
    assert not out.isnan().any(), "NaN: the square of a tiny distance was rounded below zero before its root"
    assert (out >= 0).all(), "a distance is negative"
    assert_within(out.diagonal(), 1e-2, "a point's distance from itself")


@pytest.mark.task("pairwise_distances", weight=2, role="property", advisory=True)
def test_distances_need_little_memory(solution, probes, rng, evidence):
    """Peak memory is at most three times the result's."""
    x, y = normal(rng, 300, 64), normal(rng, 320, 64)
    ratio = solution.run(probes.distances_peak, x, y) / (300 * 320 * 4)
    evidence["peak memory / result"] = round(ratio, 2)
    # 3 as the brief says, and the two inputs moved to the origin, which are 0.42 of this result.
    assert ratio <= 3.5, f"peak memory is {ratio:.1f} times the result's: avoid an intermediate of shape (n, m, d)"


@pytest.mark.task("pairwise_distances", weight=2, role="property")
def test_distances_are_fast(race, rng):
    """32 points to 48 points, without a Python loop over them."""

    def check(out, x, y):
        assert_close(out, distances(x, y), **DISTANCES, msg="wrong while it was timed")

    race(
        "pairwise_distances",
        inputs=lambda: (normal(rng, 32, 16), normal(rng, 48, 16)),
        check=check,
        at_least=20,
        flops=2 * 32 * 48 * 16,  # of the Gram form
    )


# -- low_rank_approximation ------------------------------------------------------------------------------------


def check_low_rank(out, a, k, msg):
    """Rank at most k, and as near as Eckart and Young allow."""
    require_tensor(out, shape=tuple(a.shape), dtype=a.dtype, msg=msg)
    assert out.isfinite().all(), f"{msg}: the result is not finite"
    spectrum = torch.linalg.svdvals(a.double())
    scale = spectrum[..., 0].max()
    beyond = torch.linalg.svdvals(out.double())[..., k:]
    # Float32 rounds a product of norm `scale` to about 1e-6 of it (2e-6 over 200 seeds); float64 to far less.
    small = 2e-5 if a.dtype == torch.float32 else 1e-12
    if beyond.numel():
        assert_within(beyond.max() / scale, small, f"singular value {k + 1}, relative to the largest,", msg=msg)
    tail = spectrum[..., k:].square().sum(-1).sqrt()
    assert_close(
        torch.linalg.matrix_norm(out.double() - a.double()),
        tail,
        rtol=10 * small,
        atol=10 * small * scale.item(),
        msg=f"{msg}: the distance between a and the result is compared",
    )


@pytest.mark.task("low_rank_approximation", weight=2)
def test_low_rank_is_optimal(solution, rng, draw):
    """Rank k, and the error is the norm of the singular values that were dropped."""
    m, n = draw.sample(range(8, 20), 2)
    a, k = normal(rng, m, n), draw.randint(2, 5)
    check_low_rank(solution.low_rank_approximation(a, k), a, k, "keep the k largest singular values")


@pytest.mark.task("low_rank_approximation")
def test_low_rank_of_a_batch(solution, rng, draw):
    """Every matrix of a batch has its own approximation."""
    a, k = normal(rng, draw.randint(2, 4), 7, 9), draw.randint(1, 4)
    check_low_rank(
        solution.low_rank_approximation(a, k), a, k, "each matrix of the batch has its own k singular values"
    )


# -- solve_spd -------------------------------------------------------------------------------------------------


def spd(rng, n, condition, *batch):
    """A symmetric positive definite matrix whose eigenvalues run from 1 down to 1 / condition."""
    q = torch.linalg.qr(normal(rng, *batch, n, n, dtype=torch.float64)).Q
    values = torch.logspace(0, -torch.log10(torch.tensor(float(condition))).item(), n, dtype=torch.float64)
    a = (q * values) @ q.mT
    return (a + a.mT) / 2


def check_solution(x, a, b, msg):
    require_tensor(x, shape=tuple(b.shape), dtype=torch.float64, msg=msg)
    if b.dim() == a.dim() - 1:
        x, b = x.unsqueeze(-1), b.unsqueeze(-1)
    norm = torch.linalg.matrix_norm
    error = (norm(a @ x - b) / (norm(a) * norm(x) + norm(b))).max().item()
    # The brief's promise; the reference's largest error over 200 seeds is 4e-16.
    assert_within(error, 1e-13, "the backward error", msg=msg)
    return error


@pytest.mark.task("solve_spd")
def test_solves_for_one_vector(solution, rng, draw):
    """One right-hand side, as a vector."""
    n = draw.randint(5, 20)
    a, b = spd(rng, n, 100), normal(rng, n, dtype=torch.float64)
    check_solution(solution.solve_spd(a, b), a, b, "the result has the shape of b, a vector")


@pytest.mark.task("solve_spd")
def test_solves_for_several_columns(solution, rng, draw):
    """Several right-hand sides, as columns."""
    n = draw.randint(5, 20)
    a, b = spd(rng, n, 100), normal(rng, n, 3, dtype=torch.float64)
    check_solution(solution.solve_spd(a, b), a, b, "each column of b is a system of its own")


@pytest.mark.task("solve_spd", weight=2)
def test_solve_is_backward_stable(solution, rng, evidence):
    """The backward error stays at rounding level at a condition number of 1e10."""
    a = spd(rng, 60, 1e10)
    b = a @ normal(rng, 60, 2, dtype=torch.float64)  # a solution of ordinary size, where an inverse shows its error
    x = solution.solve_spd(a, b)
    evidence["backward error"] = check_solution(x, a, b, "an explicit inverse loses what a factorisation keeps")


@pytest.mark.task("solve_spd", weight=2, role="property", advisory=True)
def test_refuses_an_indefinite_matrix(solution, probes, rng, draw):
    """A matrix with a negative eigenvalue raises ValueError."""
    n = draw.randint(4, 10)
    a = spd(rng, n, 10) - 0.5 * torch.eye(n, dtype=torch.float64)
    raised = solution.run(probes.raises_on, "solve_spd", a, normal(rng, n, dtype=torch.float64))
    assert "ValueError" in raised, (
        f"raise ValueError for a matrix that is not positive definite, not {raised[:1] or 'a result'}"
    )


# -- whiten ----------------------------------------------------------------------------------------------------


def check_white(out, x, *, tolerance, msg):
    """Mean 0, covariance the identity."""
    require_tensor(out, shape=tuple(x.shape), dtype=x.dtype, msg=msg)
    out = out.double()
    n, d = x.shape[-2:]
    mean = out.mean(-2).abs().max().item()
    covariance = (out - out.mean(-2, keepdim=True)).mT @ (out - out.mean(-2, keepdim=True)) / (n - 1)
    error = (covariance - torch.eye(d, dtype=torch.float64)).abs().max().item()
    assert_within(error, tolerance, "the covariance's distance from the identity", msg=msg)
    assert_within(mean, tolerance, "the mean's distance from 0", msg=msg)


def check_affine(out, x, *, tolerance, msg):
    """The output is the centred input times a matrix: its part outside the input's column space is nothing."""
    require_tensor(out, shape=tuple(x.shape), dtype=x.dtype, msg=msg)
    out, x = out.double(), x.double()
    centred = x - x.mean(-2, keepdim=True)
    basis = torch.linalg.qr(centred / centred.norm(dim=-2, keepdim=True)).Q
    outside = torch.linalg.matrix_norm(out - basis @ (basis.mT @ out)) / torch.linalg.matrix_norm(out)
    assert_within(outside, tolerance, "the share of the output that is no image of the samples", msg=msg)


@pytest.mark.task("whiten", weight=2)
def test_whitens(solution, rng, draw):
    """The output is white, and an affine image of the samples."""
    n, d = draw.randint(50, 80), draw.randint(3, 6)
    x = normal(rng, n, d, dtype=torch.float64) @ normal(rng, d, d, dtype=torch.float64) + 3
    out = solution.whiten(x)
    # Float64; a random 6 x 6 mixing matrix has a condition number below 1e4, squared by those who form the covariance.
    check_white(out, x, tolerance=1e-6, msg="subtract the mean, divide by n - 1, and make the covariance the identity")
    check_affine(out, x, tolerance=1e-6, msg="the output must be made from the samples")


@pytest.mark.task("whiten", weight=2)
def test_whitens_unequal_scales(solution, rng):
    """Features whose scales differ by a factor of a million."""
    scales = torch.logspace(-3, 3, 6, dtype=torch.float64)[torch.randperm(6, generator=rng)]
    x = (normal(rng, 100, 6, dtype=torch.float64) @ (torch.eye(6) + 0.3 * normal(rng, 6, 6)).double()) * scales
    out = solution.whiten(x)
    check_white(out, x, tolerance=1e-6, msg="forming the covariance squared the ratio of the scales")
    check_affine(out, x, tolerance=1e-6, msg="the output must be made from the samples")


# -- top_eigenpairs --------------------------------------------------------------------------------------------


class Products:
    """A matrix that is only there as its products, which are counted."""

    def __init__(self, a, budget):
        self.a, self.budget, self.used = a, budget, 0

    def __call__(self, v):
        """The matrix times v."""
        assert isinstance(v, torch.Tensor), "pass a tensor"
        assert v.dim() in (1, 2), "pass a tensor of shape (n) or (n, j)"
        assert v.shape[0] == len(self.a), f"pass a tensor of shape ({len(self.a)}) or ({len(self.a)}, j)"
        self.used += v.shape[1] if v.dim() == 2 else 1
        if self.used > self.budget:
            raise RuntimeError(f"the budget of {self.budget} products is used up")
        return self.a @ v.double()


def with_spectrum(rng, n, top):
    """A matrix with the given largest eigenvalues, the others below half of the least of them."""
    q = torch.linalg.qr(normal(rng, n, n, dtype=torch.float64)).Q
    rest = torch.rand(n - len(top), generator=rng, dtype=torch.float64) * top.min() / 2
    a = (q * torch.cat([top, rest])) @ q.mT
    return (a + a.mT) / 2


def check_eigenpairs(solution, a, k, evidence):
    """Values, residual and orthonormality within the budget."""
    matvec = Products(a, 40 * k)
    out = solution.top_eigenpairs(judge_call(matvec), len(a), k)
    evidence["products"] = matvec.used
    evidence["budget"] = matvec.budget
    assert matvec.used <= matvec.budget, f"{matvec.used} products, the budget is {matvec.budget}"
    assert isinstance(out, (tuple, list)), "return (values, vectors)"
    assert len(out) == 2, "return (values, vectors)"
    expected = torch.linalg.eigvalsh(a).flip(0)[:k]
    values = require_tensor(out[0], shape=(k,), dtype=torch.float64, msg="values")
    vectors = require_tensor(out[1], shape=(len(a), k), dtype=torch.float64, msg="vectors are columns")
    assert_close(values, expected, rtol=1e-6, atol=0, msg="the k largest eigenvalues, the largest first")
    gram = vectors.mT @ vectors
    assert_close(gram, torch.eye(k, dtype=torch.float64), rtol=0, atol=1e-8, msg="the eigenvectors are not orthonormal")
    residual = ((a @ vectors - vectors * values).norm() / expected[0]).item()
    evidence["residual"] = residual
    assert_within(residual, 1e-4, "the residual", msg="the vectors are no eigenvectors of these values")


@pytest.mark.task("top_eigenpairs")
def test_eigenpairs_well_apart(solution, rng, draw, evidence):
    """Eigenvalues that are well apart, within the budget of products."""
    k = draw.randint(3, 5)
    top = 10 * 2.0 ** torch.arange(k, 0, -1, dtype=torch.float64)
    check_eigenpairs(solution, with_spectrum(rng, 300, top), k, evidence)


@pytest.mark.task("top_eigenpairs", weight=2)
def test_eigenpairs_close_together(solution, rng, draw, evidence):
    """Eigenvalues that lie within two per cent of each other."""
    k = draw.randint(3, 5)
    top = 50 * (1 + 0.02 * torch.rand(k, generator=rng, dtype=torch.float64))
    check_eigenpairs(solution, with_spectrum(rng, 300, top), k, evidence)


# -- quiz ------------------------------------------------------------------------------------------------------


@pytest.mark.task("quiz", role="property", weight=0.5)
def test_quiz_can_be_read(quiz):
    """Every answer that was given has the form that its question asks for."""
    quiz.check_forms()
