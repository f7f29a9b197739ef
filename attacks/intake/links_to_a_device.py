"""A folder with a link to a device that never ends."""

# control: unpacks 64 MiB
# verdict: refused
# level: process


def make(folder, where):
    (folder / "solutions").mkdir()
    (folder / "solutions" / "double.py").symlink_to("/dev/zero")
