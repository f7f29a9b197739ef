"""Registers the competency autograd."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """The tasks, in the order of the brief."""
    return Challenge(
        home=__file__,
        title="Automatic differentiation",
        syllabus=2,
        summary="Gradients: asked for, written by hand, of second order, per sample, implicit, and recomputed.",
        preload=(
            "torch._dynamo",
        ),  # torch imports it, for 1.5 s, at the first dispatch mode, checkpoint or vector grad
        tasks=[
            Task(name="gradient", points=4, level="foundation", minutes=8),
            Task(name="backprop_by_hand", points=6, level="foundation", minutes=14),
            Task(name="update_step", points=5, level="foundation", minutes=10),
            Task(name="swiglu", points=7, level="practitioner", minutes=16),
            Task(name="hessian_vector_product", points=5, level="practitioner", minutes=10),
            Task(name="per_sample_gradients", points=6, level="practitioner", minutes=12),
            Task(name="implicit_gradient", points=8, level="expert", minutes=20),
            Task(name="checkpointed", points=7, level="expert", minutes=15),
            Task(name="quiz", points=6, level="practitioner", minutes=12, kind="quiz"),
        ],
    )
