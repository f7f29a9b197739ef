"""A zip with a name that leads out of the folder it is unpacked in."""

# control: touches file
# verdict: refused
# level: process
import zipfile


def make(folder, where):
    up = "../" * 40 + where["file"].lstrip("/")
    with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        archive.writestr("solutions/double.py", "def double(x):\n    return x\n")
        archive.writestr(up, "here I was")
    return folder / "submission.zip"
