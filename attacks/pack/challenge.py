"""What the attacks are judged on: to double a tensor."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """Register it."""
    return Challenge(
        home=__file__,
        title="Doubling",
        tier="draft",
        tasks=[
            # Many seconds, for an attack by memory to reach its cap sooner on a busy machine, too.
            Task(name="double", points=1, level="foundation", minutes=1, seconds=10, memory_mb=256),
            Task(name="double_at_once", points=1, level="foundation", minutes=1, seconds=0.5, memory_mb=256),
        ],
    )
