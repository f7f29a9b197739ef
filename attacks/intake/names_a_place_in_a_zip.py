"""A zip with a name that is a place on the disk."""

# control: touches file
# verdict: refused
# level: process
import zipfile


def make(folder, where):
    with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        archive.writestr("solutions/double.py", "def double(x):\n    return x\n")
        member = zipfile.ZipInfo("x")
        member.filename = where["file"]
        archive.writestr(member, "here I was")
    return folder / "submission.zip"
