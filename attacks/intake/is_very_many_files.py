"""A zip of 2100 files."""

# control: unpacks 2100 files
# verdict: refused
# level: process
import zipfile


def make(folder, where):
    with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        for number in range(2100):
            archive.writestr(f"solutions/{number}.py", "")
    return folder / "submission.zip"
