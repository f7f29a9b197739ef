"""A folder that a candidate has worked in is gone afterwards, whatever it has made of it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ptassess.sandbox import folders

MADE = {
    "a folder that nobody may enter": """
os.makedirs("a/b")
Path("a/b/big").write_text("x")
os.chmod("a/b", 0)
os.chmod("a", 0)
""",
    "folders that nobody may change": """
os.makedirs("a/b/c")
for place in ("a/b/c", "a/b", "a", "."):
    Path(place, "file").write_text("x")
    os.chmod(place, 0o500)
""",
    "an empty one that was made so": """
os.mkdir("a", 0)
""",
    "thousands in each other, the last one shut": """
for _ in range(1500):
    os.mkdir("d" * 20)
    os.chdir("d" * 20)
os.mkdir("e")
os.mkdir("e/f")
os.chmod("e", 0)
""",
    "links, one of them out of it": """
os.mkdir("a")
os.symlink(sys.argv[2], "a/out")
os.symlink(".", "a/in")
os.chmod("a", 0)
""",
}
AS_ORDINARY_USER = """
import os, sys
from pathlib import Path
from ptassess.sandbox import folders

if os.getuid() == 0:  # whom no mode keeps from anything
    os.setgroups([])
    os.setresgid(12345, 12345, 12345)
    os.setresuid(12345, 12345, 12345)
folder = folders.make()
os.chdir(folder)
{made}
os.chdir("/")
folders.remove(folder)
print(os.path.lexists(folder))
"""


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="one user here")
@pytest.mark.parametrize("what", MADE)
def test_it_is_gone_also_for_an_ordinary_user(what):
    # Not in pytest's folder, which is for its own user alone.
    with tempfile.TemporaryDirectory() as place:
        outside = Path(place, "outside")
        for folder in (Path(place), outside):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777)
        (outside / "kept").write_text("x")
        mode = outside.stat().st_mode
        found = subprocess.run(
            [sys.executable, "-c", AS_ORDINARY_USER.format(made=MADE[what]), place, str(outside)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"TMPDIR": place},
        )
        assert found.stdout == "False\n", found.stderr
        assert (outside / "kept").exists()
        assert outside.stat().st_mode == mode


def test_a_link_in_its_place_leads_nowhere(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "folder").symlink_to("elsewhere")
    folders.remove(tmp_path / "folder")
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755


def test_what_is_not_there_is_no_error(tmp_path):
    folders.remove(tmp_path / "nothing")
