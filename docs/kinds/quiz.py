"""Questions, whose numbers are drawn per candidate."""

from ptassess.quiz import Question

# [quiz]
QUESTIONS = [
    Question(
        name="parameters",
        text="How many numbers does torch.nn.Linear({n}, {m}) learn, its bias included?",
        draw=lambda rng: {"n": rng.randint(2, 50), "m": rng.randint(2, 50)},
    ),
]
# [/quiz]
