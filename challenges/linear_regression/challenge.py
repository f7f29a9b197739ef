"""Registers the competency linear_regression."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """The tasks, in the order of the brief."""
    return Challenge(
        home=__file__,
        preload=("scipy.stats", "torch._dynamo"),  # a meter's first operation imports the latter, which takes a second
        title="Linear regression",
        syllabus=6,
        summary="Least squares: exact, by descent, shrunken, in mini-batches, robust, and with its uncertainty.",
        tasks=[
            Task(name="fit_closed_form", points=6, level="foundation", minutes=12),
            Task(name="fit_gradient_descent", points=7, level="foundation", minutes=15),
            Task(name="ridge_path", points=7, level="practitioner", minutes=15),
            Task(name="fit_minibatch", points=8, level="practitioner", minutes=20),
            Task(name="fit_robust", points=8, level="expert", minutes=22),
            Task(name="prediction_interval", points=8, level="expert", minutes=20),
            Task(name="quiz", points=6, level="practitioner", minutes=10, kind="quiz"),
        ],
    )
