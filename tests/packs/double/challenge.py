"""A challenge as small as one can be, for ptassess's own tests."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """Register it."""
    return Challenge(
        home=__file__,
        title="Doubling",
        tier="draft",
        tasks=[
            Task(name="double", points=4, level="foundation", minutes=2, seconds=2, memory_mb=256),
            Task(name="triple", points=2, level="expert", minutes=3, seconds=1, memory_mb=256),
        ],
    )
