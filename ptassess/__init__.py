"""Find out how well somebody can use PyTorch.

The names here are what a challenge's ``challenge.py`` and a plugin need; nothing of torch is imported by them.
"""

import pluggy

from ptassess._version import __version__
from ptassess.challenge import Challenge, Task

hookimpl = pluggy.HookimplMarker("ptassess")
"""Marks a function of a challenge or a plugin as an implementation of one of ``ptassess.hookspecs``."""


def __getattr__(name: str) -> object:
    """``judge_call`` on demand: the sandbox is not needed to register a challenge."""
    if name == "judge_call":
        from ptassess.sandbox import judge_call

        return judge_call
    raise AttributeError(f"module 'ptassess' has no attribute {name!r}")


__all__ = ["Challenge", "Task", "__version__", "hookimpl", "judge_call"]
