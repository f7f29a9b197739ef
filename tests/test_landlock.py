"""What a process can do no more once it has given up all files but some. Each thing is seen to succeed without."""

import json
import socket
import subprocess
import sys

import pytest

from ptassess.sandbox import landlock

version = landlock.version() if sys.platform == "linux" else 0
pytestmark = pytest.mark.skipif(not version, reason="this kernel has no Landlock")

TRIES = """
import json, os, socket, subprocess, sys
from pathlib import Path
from ptassess.sandbox import landlock

root, confined = Path(sys.argv[1]), sys.argv[2] == "confined"
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
if confined:
    assert landlock.keep_to(
        reading=[str(root / "shown"), str(root / "one.txt"), "/usr", "/lib", "/lib64", "/bin", str(root / "missing")],
        writing=[str(root / "own")],
    )

def can(do):
    try:
        do()
    except OSError:
        return False
    return True

print(json.dumps({
    "read what is shown": can((root / "shown" / "a.txt").read_text),
    "read one file": can((root / "one.txt").read_text),
    "list what is shown": can(lambda: os.listdir(root / "shown")),
    "write its own": can(lambda: (root / "own" / "new").write_text("x")),
    "rename in its own": can(lambda: (root / "own" / "new").rename(root / "own" / "newer")),
    "link from what is shown": can(lambda: os.link(root / "shown" / "a.txt", root / "own" / "link")),
    "execute": can(lambda: subprocess.run(["/bin/true"], check=True)),
    "use /dev/null": can(lambda: Path("/dev/null").write_text("x")),
    "read /dev/urandom": can(lambda: open("/dev/urandom", "rb").read(4)),
    "read another": can((root / "hidden" / "a.txt").read_text),
    "list another": can(lambda: os.listdir(root / "hidden")),
    "read another by a link": can((root / "own" / "to_hidden").read_text),
    "read another's parent": can(lambda: os.listdir(root)),
    "write what is shown": can(lambda: (root / "shown" / "a.txt").write_text("x")),
    "cut what is shown short": can(lambda: os.truncate(root / "shown" / "a.txt", 0)),
    "remove what is shown": can((root / "shown" / "b.txt").unlink),
    "move what is hidden": can(lambda: (root / "hidden" / "b.txt").rename(root / "own" / "b.txt")),
    "read the root": can(lambda: os.listdir("/")),
    "read its parent's memory": can(lambda: open(f"/proc/{os.getppid()}/mem", "rb")),
    "signal its parent": can(lambda: os.kill(os.getppid(), 0)),
    "connect": can(lambda: socket.create_connection(listening.getsockname(), 2)),
    "listen": can(lambda: socket.create_server(("127.0.0.1", 0))),
    "reach a socket without a path": can(lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[3])),
}))
"""
KEPT = {
    "read what is shown", "read one file", "list what is shown", "write its own", "rename in its own", "execute",
    "use /dev/null", "read /dev/urandom",
}  # fmt: skip
SINCE = {
    "cut what is shown short": 3, "connect": 4, "listen": 4, "signal its parent": 6, "reach a socket without a path": 6,
}  # fmt: skip


@pytest.fixture
def tries(tmp_path):
    """What a process can do, free or confined."""
    name = f"\0ptassess-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(name)
        listening.listen()

        def result(how):
            root = tmp_path / how
            for folder in ("shown", "hidden", "own"):
                (root / folder).mkdir(parents=True)
                for file in ("a.txt", "b.txt"):
                    (root / folder / file).write_text("text")
            (root / "one.txt").write_text("text")
            (root / "own" / "to_hidden").symlink_to(root / "hidden" / "a.txt")
            program = TRIES.replace("sys.argv[3]", repr(name))
            command = [sys.executable, "-c", program, str(root), how]
            found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert found.returncode == 0, found.stderr
            return json.loads(found.stdout)

        yield result


def test_all_but_what_is_kept_is_given_up(tries):
    assert all(tries("free").values())  # else what follows would show nothing
    confined = tries("confined")
    assert {what for what, done in confined.items() if done} - KEPT == {
        what for what, since in SINCE.items() if version < since
    }
    assert all(confined[what] for what in KEPT)
