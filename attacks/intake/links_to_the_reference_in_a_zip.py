"""A zip whose answer is a link to the reference."""

# control: passes
# verdict: refused
# level: process
import stat
import zipfile


def make(folder, where):
    link = zipfile.ZipInfo("solutions/double.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        archive.writestr(link, where["reference"])
    return folder / "submission.zip"
