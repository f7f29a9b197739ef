"""A zip of 70 kB that unpacks to 64 MiB."""

# control: unpacks 64 MiB
# verdict: refused
# level: process
import zipfile


def make(folder, where):
    with zipfile.ZipFile(folder / "submission.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("solutions/double.py", "def double(x):\n    return x\n")
        archive.writestr("solutions/data", bytes(64 << 20))
    return folder / "submission.zip"
