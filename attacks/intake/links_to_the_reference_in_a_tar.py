"""A tar whose answer is a link to the reference."""

# control: passes
# verdict: refused
# level: process
import tarfile


def make(folder, where):
    with tarfile.open(folder / "submission.tar", "w") as tar:
        link = tarfile.TarInfo("solutions/double.py")
        link.type, link.linkname = tarfile.SYMTYPE, where["reference"]
        tar.addfile(link)
    return folder / "submission.tar"
