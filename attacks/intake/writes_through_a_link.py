"""A tar with a link to the judge's folder, and then a file below that link."""

# control: touches file
# verdict: refused
# level: process
import io
import pathlib
import tarfile


def make(folder, where):
    with tarfile.open(folder / "submission.tar", "w") as tar:
        link = tarfile.TarInfo("solutions")
        link.type, link.linkname = tarfile.SYMTYPE, str(pathlib.Path(where["file"]).parent)
        tar.addfile(link)
        member = tarfile.TarInfo("solutions/secret")
        member.size = 10
        tar.addfile(member, io.BytesIO(b"here I was"))
    return folder / "submission.tar"
