"""A folder with a pipe, for whose other end whoever reads it waits for ever."""

# control: hangs
# verdict: refused
# level: process
import os


def make(folder, where):
    (folder / "solutions").mkdir()
    os.mkfifo(folder / "solutions" / "double.py")
