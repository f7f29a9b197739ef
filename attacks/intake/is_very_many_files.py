"""A zip of 4000 files."""

# control: unpacks 4000 files
# verdict: refused
# level: process
import zipfile


def make(folder, where):
    with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        for number in range(4000):
            archive.writestr(f"solutions/{number}.py", "")
    return folder / "submission.zip"
