"""What candidates' code has made is removed, whatever it is."""

import os

import pytest

from ptassess.sandbox import folders

NOBODY = 12_345


@pytest.mark.parametrize("mode", [0, 0o100, 0o500])
def test_a_folder_that_nobody_may_look_into_is_removed_by_its_owner(tmp_path, mode):
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.getuid() and folder != folder.parent and folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o001)
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:  # whom no mode keeps out
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            inner = tmp_path / "scratch" / "a" / "b"
            inner.mkdir(parents=True)
            (inner / "big").write_text("left")
            (tmp_path / "scratch" / "link").symlink_to(tmp_path / "kept")
            (tmp_path / "kept").mkdir(mode=0o711)
            inner.chmod(mode)
            inner.parent.chmod(mode)
            folders.remove(tmp_path / "scratch")
            kept = (tmp_path / "kept").stat().st_mode & 0o777 == 0o711
            os._exit(0 if kept and not (tmp_path / "scratch").exists() else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
