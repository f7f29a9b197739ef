"""A tar with a device in it."""

# control: unpacks 3 files
# verdict: refused
# level: process
# needs: the right to make devices, which root has
import io
import tarfile


def make(folder, where):
    with tarfile.open(folder / "submission.tar", "w") as tar:
        member = tarfile.TarInfo("solutions/double.py")
        member.type, member.devmajor, member.devminor = tarfile.CHRTYPE, 1, 3
        tar.addfile(member)
        again = tarfile.TarInfo("told")
        again.size = 4
        tar.addfile(again, io.BytesIO(b"spam"))
    return folder / "submission.tar"
