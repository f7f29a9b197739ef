"""A challenge with one check of each kind, for the authors' guide; ptassess's own tests admit it."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """A task for each kind."""
    return Challenge(
        home=__file__,
        title="One check of each kind",
        tier="draft",
        tasks=[
            Task(name="cube", points=3, level="foundation", minutes=3),
            Task(name="Scale", points=2, level="practitioner", minutes=5),
            Task(name="root_of", points=2, level="practitioner", minutes=5),
            Task(name="recall", points=2, level="practitioner", minutes=5),
            Task(name="learn", points=2, level="practitioner", minutes=5),
            Task(name="fit", points=2, level="practitioner", minutes=5),
            Task(name="reply_to", points=2, level="expert", minutes=5),
            Task(name="quiz", points=1, level="foundation", minutes=2, kind="quiz"),
        ],
    )
