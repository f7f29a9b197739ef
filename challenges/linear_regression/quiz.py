"""Questions on linear regression; the numbers are drawn per candidate."""

from ptassess.quiz import Question

QUESTIONS = [
    Question(
        name="largest_stable_step",
        text=(
            "Gradient descent w ← w - lr · ∇L on L(w) = ½ wᵀ H w, with the symmetric H = [[{a}, {b}], [{b}, {c}]].\n"
            "Below which lr does it converge from every start?"
        ),
        draw=lambda rng: {"a": rng.randint(4, 9), "b": rng.choice([-3, -2, -1, 1, 2, 3]), "c": rng.randint(4, 9)},
    ),
    Question(
        name="best_rate",
        text=(
            "The Hessian of a quadratic loss has eigenvalues from {low} to {high}. Gradient descent uses the best\n"
            "constant step. By what factor is the distance to the minimum multiplied in every step, at worst?"
        ),
        draw=lambda rng: {"low": rng.randint(1, 9), "high": rng.randint(20, 200)},
    ),
    Question(
        name="shrunken_mean",
        text=(
            "{n} independent measurements have the true mean {mu} and the variance {variance}. The true mean is\n"
            "estimated as {c} times their average. What is the mean squared error of this estimate?"
        ),
        draw=lambda rng: {
            "n": rng.choice([4, 5, 8, 10, 16, 20]),
            "mu": rng.randint(1, 5),
            "variance": rng.randint(2, 30),
            "c": rng.choice([0.5, 0.6, 0.7, 0.8, 0.9]),
        },
    ),
    Question(
        name="ridge_degrees_of_freedom",
        text=(
            "The centred design has the singular values {s0}, {s1} and {s2}. Ridge regression minimises\n"
            "‖y - X w‖² + {penalty} ‖w‖². How many effective degrees of freedom does it have, the bias not counted?"
        ),
        draw=lambda rng: {
            **{f"s{i}": s for i, s in enumerate(sorted(rng.sample(range(1, 10), 3), reverse=True))},
            "penalty": rng.randint(2, 40),
        },
    ),
    Question(
        name="noise_variance",
        text=(
            "Least squares with a bias is fitted to {n} samples of {d} features, a design of full rank.\n"
            "The sum of the squared residuals is {rss}. What is the unbiased estimate of the noise's variance?"
        ),
        draw=lambda rng: {"n": rng.randint(15, 40), "d": rng.randint(2, 9), "rss": rng.randrange(50, 500, 5)},
    ),
    Question(
        name="bias_and_variance",
        text=(
            "The true relation is linear in the features, with weights other than 0; the noise is independent.\n"
            "What happens to the squared bias and the variance of a prediction when {change}?"
        ),
        draw=lambda rng: {
            "change": rng.choice(
                [
                    "the penalty of a ridge regression is raised",
                    "the positive penalty of a ridge regression is lowered, but not to 0",
                    "ordinary least squares gets ten times as many samples of the same kind",
                    "the noise in the targets of ordinary least squares becomes stronger",
                ]
            )
        },
        kind="choice",
        choices=(
            "the bias grows, the variance falls",
            "the bias falls, the variance grows",
            "the bias stays the same, the variance falls",
            "the bias stays the same, the variance grows",
            "both grow",
            "both fall",
        ),
    ),
]
