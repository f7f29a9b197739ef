"""The wall: how candidates' code is run. The judge never imports, unpickles or maps anything that they wrote."""

from ptassess.sandbox.levels import BUILT_IN, Level, choose, refuse_unknown
from ptassess.sandbox.solution import Closing, JudgeCall, Limits, Session, Solution, judge_call
from ptassess.sandbox.wall import Wall, open_wall

__all__ = [
    "BUILT_IN",
    "Closing",
    "JudgeCall",
    "Level",
    "Limits",
    "Session",
    "Solution",
    "Wall",
    "choose",
    "judge_call",
    "open_wall",
    "refuse_unknown",
]
