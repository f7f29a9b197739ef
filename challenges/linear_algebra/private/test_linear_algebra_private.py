"""Private checks: the corners that the brief names and the public checks leave out."""

import pytest
import torch

from ptassess.checking import assert_close, require_tensor
from ptassess.loading import load_public

public = load_public(__file__)
normal, PRODUCTS, DISTANCES = public.normal, public.PRODUCTS, public.DISTANCES


# -- matmul_family ---------------------------------------------------------------------------------------------


@pytest.mark.task("matmul_family", weight=2)
def test_products_in_float64(solution, rng, draw):
    """Float64 in, float64 accuracy out."""
    operands = [x.double() for x in public.family(rng, draw)]
    out = solution.matmul_family(*operands)
    assert isinstance(out, dict), "return a dict of the seven products"
    for key, expected in public.products(*operands).items():
        # 1e-12: float64 rounding of sums of at most 12³ terms; float32 would be off by 1e-6.
        assert_close(out.get(key), expected, rtol=1e-12, atol=1e-12, msg=f"{key}: keep float64 throughout")


@pytest.mark.task("matmul_family", role="property", advisory=True)
def test_products_leave_their_operands_alone(solution, probes, rng, draw):
    """No operand is changed."""
    operands = public.family(rng, draw)
    after = solution.run(probes.call_keeping_inputs, "matmul_family", *operands)["inputs"]
    for before, now in zip(operands, after, strict=True):
        assert_close(now, before, rtol=0, atol=0, msg="an operand was changed in place")


# -- batched_quadratic_form ------------------------------------------------------------------------------------


@pytest.mark.task("batched_quadratic_form", weight=2)
@pytest.mark.parametrize(
    ("of_a", "of_x"),
    [((), (4,)), ((3,), ()), ((2, 1), (1, 3)), ((1,), (1,))],
    ids=["one matrix", "one vector", "both", "a batch of one"],
)
def test_quadratic_form_broadcasts(solution, rng, draw, of_a, of_x):
    """Batch dimensions broadcast against each other."""
    n = draw.randint(5, 8)
    a, x = normal(rng, *of_a, n, n), normal(rng, *of_x, n)
    out = solution.batched_quadratic_form(a, x)
    assert_close(
        out, public.quadratic(a, x), **PRODUCTS, msg=f"batch {of_a} of matrices against batch {of_x} of vectors"
    )


@pytest.mark.task("batched_quadratic_form", weight=2)
@pytest.mark.parametrize("layout", ["transposed", "strided"])
def test_quadratic_form_of_other_layouts(solution, probes, rng, layout):
    """Tensors that are not contiguous."""
    a, x = normal(rng, 3, 6, 6), normal(rng, 3, 6)
    out = solution.run(probes.call_with_layout, "batched_quadratic_form", layout, a, x)
    assert_close(out, public.quadratic(a, x), **PRODUCTS, msg="the values do not depend on the layout in memory")


@pytest.mark.task("batched_quadratic_form")
def test_quadratic_form_in_float64(solution, rng):
    """Float64 in, float64 accuracy out."""
    a, x = normal(rng, 2, 7, 7, dtype=torch.float64), normal(rng, 2, 7, dtype=torch.float64)
    out = solution.batched_quadratic_form(a, x)
    assert_close(out, public.quadratic(a, x), rtol=1e-12, atol=1e-12, msg="keep float64 throughout")


@pytest.mark.task("batched_quadratic_form", role="property")
def test_quadratic_form_of_an_empty_batch(solution):
    """No vectors, no values."""
    out = solution.batched_quadratic_form(torch.ones(0, 3, 3), torch.ones(0, 3))
    require_tensor(out, shape=(0,), msg="an empty batch gives an empty result")


# -- pairwise_distances ----------------------------------------------------------------------------------------


@pytest.mark.task("pairwise_distances", weight=2)
def test_distances_of_batches(solution, rng, draw):
    """Batches of point sets."""
    x, y = normal(rng, 2, 3, draw.randint(4, 9), 5), normal(rng, 2, 3, draw.randint(10, 14), 5)
    msg = "leading dimensions are a batch"
    assert_close(solution.pairwise_distances(x, y), public.distances(x, y), **DISTANCES, msg=msg)


@pytest.mark.task("pairwise_distances")
def test_distances_in_float64(solution, rng):
    """Float64 in, float64 accuracy out."""
    x, y = normal(rng, 10, 4, dtype=torch.float64), normal(rng, 12, 4, dtype=torch.float64)
    # The Gram form loses half of the digits of a distance 1e-2 of the spread, the nearest that 120 pairs come: 1e-16
    # / 1e-4.
    msg = "keep float64 throughout"
    assert_close(solution.pairwise_distances(x, y), public.distances(x, y), rtol=1e-9, atol=1e-9, msg=msg)


# -- low_rank_approximation ------------------------------------------------------------------------------------


@pytest.mark.task("low_rank_approximation")
def test_low_rank_of_two_batch_dimensions(solution, rng, draw):
    """Any number of batch dimensions."""
    a, k = normal(rng, 2, draw.randint(2, 3), 6, 5), draw.randint(1, 4)
    public.check_low_rank(solution.low_rank_approximation(a, k), a, k, "any number of batch dimensions")


@pytest.mark.task("low_rank_approximation")
def test_low_rank_at_the_ends(solution, rng):
    """Rank 0 is the zero matrix, full rank the matrix itself."""
    a = normal(rng, 5, 8, dtype=torch.float64)
    for k, expected in ((0, torch.zeros_like(a)), (5, a)):
        out = solution.low_rank_approximation(a, k)
        assert_close(out, expected, rtol=1e-12, atol=1e-12, msg=f"k = {k} is allowed")


@pytest.mark.task("low_rank_approximation")
def test_low_rank_in_float64(solution, rng):
    """Float64 in, float64 accuracy out."""
    a = normal(rng, 12, 6, dtype=torch.float64)
    public.check_low_rank(solution.low_rank_approximation(a, 3), a, 3, "keep float64 throughout")


# -- solve_spd -------------------------------------------------------------------------------------------------


@pytest.mark.task("solve_spd", weight=2)
@pytest.mark.parametrize("columns", [(), (3,)], ids=["vectors", "columns"])
def test_solves_a_batch(solution, rng, draw, columns):
    """A batch of systems; b with one dimension less than a holds one vector a matrix."""
    batch = n = draw.randint(
        3, 5
    )  # equal on purpose: the number of dimensions tells vectors from columns, not their sizes
    a, b = public.spd(rng, n, 100, batch), normal(rng, batch, n, *columns, dtype=torch.float64)
    public.check_solution(solution.solve_spd(a, b), a, b, "b.dim() == a.dim() - 1 means one vector a matrix")


@pytest.mark.task("solve_spd", role="property", advisory=True)
def test_refuses_a_batch_with_one_indefinite_matrix(solution, probes, rng):
    """One bad matrix in a batch is enough."""
    a = public.spd(rng, 4, 10, 3)
    a[1] -= 0.5 * torch.eye(4, dtype=torch.float64)
    raised = solution.run(probes.raises_on, "solve_spd", a, normal(rng, 3, 4, 1, dtype=torch.float64))
    assert "ValueError" in raised, f"raise ValueError, not {raised[:1] or 'a result'}"


# -- whiten ----------------------------------------------------------------------------------------------------


@pytest.mark.task("whiten", weight=2)
def test_whitens_a_batch(solution, rng, draw):
    """Every set of samples of a batch is whitened by itself."""
    x = (
        normal(rng, 3, draw.randint(20, 30), 4, dtype=torch.float64)
        * torch.tensor([1.0, 5, 0.1]).double()[:, None, None]
    )
    out = solution.whiten(x)
    public.check_white(out, x, tolerance=1e-6, msg="each batch element has its own mean and covariance")
    public.check_affine(out, x, tolerance=1e-6, msg="the output must be made from the samples")


@pytest.mark.task("whiten")
def test_whitens_float32(solution, rng):
    """Float32 stays float32."""
    x = normal(rng, 200, 5) * torch.tensor([1.0, 2, 3, 4, 5])
    # Float32 rounding through a covariance of condition number 25 gives 1e-5; the reference's largest error is 2e-6.
    public.check_white(solution.whiten(x), x, tolerance=1e-3, msg="keep the dtype of the samples")


# -- top_eigenpairs --------------------------------------------------------------------------------------------


@pytest.mark.task("top_eigenpairs", weight=2)
def test_eigenpairs_that_are_equal(solution, rng, draw, evidence):
    """A multiple largest eigenvalue: any orthonormal basis of its space is right."""
    k = draw.randint(3, 5)
    top = torch.full((k,), 7.0, dtype=torch.float64)
    public.check_eigenpairs(solution, public.with_spectrum(rng, 250, top), k, evidence)


@pytest.mark.task("top_eigenpairs")
def test_one_eigenpair(solution, rng, evidence):
    """A single eigenpair."""
    public.check_eigenpairs(solution, public.with_spectrum(rng, 120, torch.tensor([3.0]).double()), 1, evidence)


# -- quiz ------------------------------------------------------------------------------------------------------

QUESTIONS = [
    "condition_number",
    "digits_lost",
    "product_order",
    "low_rank_numbers",
    "truncation_error",
    "factorisation",
]


@pytest.mark.task("quiz")
@pytest.mark.parametrize("name", QUESTIONS)
def test_quiz(quiz, name):
    """All three draws of a question are right."""
    quiz.check(name)
