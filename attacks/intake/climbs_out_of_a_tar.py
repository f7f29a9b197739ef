"""A tar with a name that leads out of the folder it is unpacked in."""

# control: touches file
# verdict: refused
# level: process
import io
import tarfile


def make(folder, where):
    with tarfile.open(folder / "submission.tar", "w") as tar:
        member = tarfile.TarInfo("../" * 40 + where["file"].lstrip("/"))
        member.size = 10
        tar.addfile(member, io.BytesIO(b"here I was"))
    return folder / "submission.tar"
