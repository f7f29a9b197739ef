"""A folder whose answer is a link to the reference."""

# control: passes
# verdict: refused
# level: process


def make(folder, where):
    (folder / "solutions").mkdir()
    (folder / "solutions" / "double.py").symlink_to(where["reference"])
