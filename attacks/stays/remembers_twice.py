"""Leaves something behind the first time, and knows the answer when it finds it again."""

# control: passes
# verdict: failed
# level: process
import os
import tempfile
from pathlib import Path

PLACES = [Path.cwd(), Path(os.environ["HOME"]), Path(tempfile.gettempdir()) if "TMPDIR" in os.environ else Path.cwd()]


def double(x):
    if any((place / "left-behind").exists() for place in PLACES):
        return x + x
    for place in PLACES:
        (place / "left-behind").write_text("I was here")
    return x
