"""A confined worker can do what solutions do, and read nothing that is not for it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ptassess.sandbox import confinement

needs_it = pytest.mark.skipif(bool(confinement.why_not()), reason=str(confinement.why_not()))


@pytest.fixture
def tree(tmp_path):
    for name in ("a/one.py", "a/private/answers.py", "b/two.py", "c.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "b" / "to_private").symlink_to(tmp_path / "a" / "private")
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("hidden", "left"),
    [
        ([], ["."]),
        (["a/private"], ["a/one.py", "b", "c.py"]),
        (["a/private", "b/two.py"], ["a/one.py", "c.py"]),  # and no link to what is hidden
        (["a", "b"], ["c.py"]),
        (["."], []),
        (["../elsewhere"], ["."]),
    ],
)
def test_a_folder_without_what_is_hidden(tree, hidden, left):
    found = confinement.without(tree, [Path(os.path.normpath(tree / name)) for name in hidden])
    assert found == [Path(os.path.normpath(tree / name)) for name in left]


def test_no_library_is_named_twice_and_nothing_hidden_is_left():
    torch_home = Path(sys.prefix).resolve() / "hidden-pack"
    found = confinement.confinement(hidden=[torch_home], protected=[3, 1])
    assert found.protected == (1, 3)
    read = [Path(path) for path in found.reading]
    assert len(set(read)) == len(read)
    assert any(Path(confinement.__file__).is_relative_to(path) for path in read)
    assert not any(Path(__file__).is_relative_to(path) for path in read)
    assert not any(torch_home.is_relative_to(path) for path in read)
    assert str(Path(sys.prefix).resolve()) in found.listing


WORK = """
import json, os, subprocess, sys
from pathlib import Path
from ptassess.sandbox import confinement
import torch
from torch.utils.data import DataLoader, TensorDataset

secret, solution = map(Path, sys.argv[1:])
scratch = os.getcwd()
found = confinement.confinement(hidden=[secret], protected=[os.getppid()])
sys.path.insert(0, str(solution))
confinement.confine(found, scratch=scratch, solution=[str(solution)])

import mine
told = {}
data = TensorDataset(torch.arange(64.0).view(64, 1))
told["loads"] = sum(len(batch) for (batch,) in DataLoader(data, batch_size=8, num_workers=2))
model = torch.nn.Linear(4, 4)
optimizer = torch.optim.AdamW(model.parameters())
model(torch.rand(2, 4)).sum().backward()
optimizer.step()
torch.save(model.state_dict(), "model.pt")
told["keeps"] = sorted(torch.load("model.pt", weights_only=True))
told["compiles"] = torch.compile(mine.f, backend="aot_eager")(torch.ones(2)).tolist()
told["imports what was not there yet"] = bool(__import__("torch.onnx"))
told["runs programs"] = subprocess.run([sys.executable, "-c", "import decimal; print(3)"], stdout=-1).stdout.decode()

def error_of(do):
    try:
        do()
    except OSError as error:
        return type(error).__name__

told["refused"] = [
    error_of(lambda: secret.joinpath("reference.py").read_text()),
    error_of(lambda: os.listdir(secret.parent)),
    error_of(lambda: Path("/etc/hostname").read_text()),
    error_of(lambda: Path(f"/proc/{os.getppid()}/cmdline").read_text()),
    error_of(lambda: os.kill(os.getppid(), 0)),
    error_of(lambda: Path("/tmp/left-by-a-solution").write_text("")),
]
mine_at = Path(mine.__file__)
mine_at.chmod(0)
os.utime(mine_at, (1, 1))
told["changes"] = [oct(mine_at.stat().st_mode), mine_at.stat().st_mtime == 1]
with open("long", "wb") as file:
    told["too long"] = error_of(lambda: os.posix_fallocate(file.fileno(), 0, (1 << 30) + 1))
print(json.dumps(told))
"""


@needs_it
def test_a_confined_process_works_and_sees_nothing_else(tmp_path):
    for name in ("solution", "pack/private"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "solution" / "mine.py").write_text("def f(x):\n    return x.sin().exp().log() * 0 + 1\n")
    (tmp_path / "pack" / "private" / "reference.py").write_text("")
    # As the wall's folders, and not as pytest's: the path of a data loader's socket has room for 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ptassess-") as scratch:
        found = subprocess.run(
            [sys.executable, "-P", "-c", WORK, str(tmp_path / "pack" / "private"), str(tmp_path / "solution")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=scratch,
            env=os.environ | {"HOME": scratch, "TMPDIR": scratch},
        )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == {
        "loads": 64,
        "keeps": ["bias", "weight"],
        "compiles": [1.0, 1.0],
        "imports what was not there yet": True,
        "runs programs": "3\n",
        "refused": ["PermissionError"] * 6,
        "changes": ["0o100644", False],
        "too long": "OSError",
    }
