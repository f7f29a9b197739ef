"""Registers the competency linear_algebra."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """The tasks, in the order of the brief."""
    return Challenge(
        home=__file__,
        title="Linear algebra",
        syllabus=1,
        preload=("torch._dynamo",),  # a meter's first operation imports it, which takes a second
        summary="Vectors, matrices, tensors: products, decompositions, and what rounding does to them.",
        tasks=[
            Task(name="matmul_family", points=4, level="foundation", minutes=10),
            Task(name="batched_quadratic_form", points=4, level="foundation", minutes=8),
            Task(name="pairwise_distances", points=6, level="foundation", minutes=12),
            Task(name="low_rank_approximation", points=6, level="practitioner", minutes=10),
            Task(name="solve_spd", points=8, level="practitioner", minutes=15),
            Task(name="whiten", points=8, level="practitioner", minutes=15),
            Task(name="top_eigenpairs", points=10, level="expert", minutes=25),
            Task(name="quiz", points=6, level="practitioner", minutes=10, kind="quiz"),
        ],
    )
