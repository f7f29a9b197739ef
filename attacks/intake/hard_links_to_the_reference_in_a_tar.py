"""A tar whose answer is a hard link to the reference."""

# control: passes
# verdict: refused
# level: process
# needs: a kernel that lets its user make hard links
import tarfile


def make(folder, where):
    with tarfile.open(folder / "submission.tar", "w") as tar:
        link = tarfile.TarInfo("solutions/double.py")
        link.type, link.linkname = tarfile.LNKTYPE, where["reference"]
        tar.addfile(link)
    return folder / "submission.tar"
