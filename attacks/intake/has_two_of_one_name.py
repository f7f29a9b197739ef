"""A zip with two answers of one name: one to be looked at, one to be run."""

# control: passes
# verdict: refused
# level: process
import warnings
import zipfile


def make(folder, where):
    with warnings.catch_warnings(), zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("solutions/double.py", "def double(x):\n    return x\n")
        archive.writestr("solutions/double.py", "def double(x):\n    return x + x\n")
    return folder / "submission.zip"
