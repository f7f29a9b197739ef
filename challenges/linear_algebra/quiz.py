"""Questions on linear algebra; the numbers are drawn per candidate."""

from ptassess.quiz import Question

QUESTIONS = [
    Question(
        name="condition_number",
        text=("A symmetric matrix has the eigenvalues {a}, -{b} and {c}.\nWhat is its condition number in the 2-norm?"),
        draw=lambda rng: dict(zip("abc", rng.sample([0.5, 2, 3, 5, 8, 10, 20, 40, 64], 3), strict=True)),
    ),
    Question(
        name="digits_lost",
        text=(
            "You solve A x = b in float64 with a backward stable method. The condition number of A is 1e{exponent}.\n"
            "How many of the about 16 decimal digits of x can you still rely on?"
        ),
        draw=lambda rng: {"exponent": rng.randint(3, 13)},
    ),
    Question(
        name="product_order",
        text=(
            "A is {m} x {n}, B is {n} x {p}, v has {p} elements.\n"
            "How many multiplications does the cheaper of (A B) v and A (B v) need?"
        ),
        draw=lambda rng: {name: rng.randrange(10, 200, 10) for name in "mnp"},
    ),
    Question(
        name="low_rank_numbers",
        text=(
            "A {m} x {n} matrix is replaced by its best rank-{k} approximation, stored as a product of two matrices.\n"
            "How many numbers are stored?"
        ),
        draw=lambda rng: {"m": rng.randrange(100, 900, 50), "n": rng.randrange(100, 900, 50), "k": rng.randint(2, 20)},
    ),
    Question(
        name="truncation_error",
        text=(
            "The singular values of A are {s0}, {s1}, {s2} and {s3}.\n"
            "What is the Frobenius norm of A minus its best approximation of rank {k}?"
        ),
        draw=lambda rng: {
            **{f"s{i}": s for i, s in enumerate(sorted(rng.sample(range(1, 15), 4), reverse=True))},
            "k": rng.randint(1, 2),
        },
        rtol=1e-2,
    ),
    Question(
        name="factorisation",
        text="Which factorisation do you choose {situation}?",
        draw=lambda rng: {
            "situation": rng.choice(
                [
                    "to solve many systems with one symmetric positive definite matrix",
                    "to solve a least-squares problem whose matrix has full column rank",
                    "to solve a least-squares problem whose matrix may be rank-deficient",
                    "to solve one square system with a matrix that has no special structure",
                ]
            )
        },
        kind="choice",
        choices=("Cholesky", "QR", "SVD", "LU with pivoting", "Schur"),
    ),
]
