"""Making a model small, for the tests of the footprint and for the authors' guide."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """Register it."""
    return Challenge(
        home=__file__,
        title="A small model",
        tier="draft",
        tasks=[Task(name="quantise", points=4, level="practitioner", minutes=20, seconds=10, memory_mb=512)],
    )
