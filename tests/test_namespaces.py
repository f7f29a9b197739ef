"""A worker in namespaces of its own sees libraries, its own files and itself, and works as ever."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from ptassess.sandbox import Limits, namespaces, processes
from ptassess.sandbox.levels import LOCKED, NAMESPACED

pytestmark = pytest.mark.skipif(NAMESPACED.probe() is not None, reason=str(NAMESPACED.probe()))

SOURCE = """
import os, socket, subprocess, sys, time
from pathlib import Path

import torch

def names(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        return type(error).__name__

def reads(path):
    try:
        return Path(path).read_text()[:100]
    except OSError as error:
        return type(error).__name__

def writes(path):
    try:
        Path(path).write_text("left")
        return "written"
    except OSError as error:
        return type(error).__name__

def connects(family, address):
    try:
        socket.socket(family).connect(tuple(address) if isinstance(address, list) else address)
        return "connected"
    except OSError as error:
        return type(error).__name__

def rewrites():
    return writes(__file__)

def changes():
    Path("program").write_text("#!/bin/sh\\necho 3\\n")
    os.chmod("program", 0o700)
    os.utime("program", (1, 1))
    return [subprocess.run("./program", stdout=-1).stdout.decode(), os.stat("program").st_mtime]

def waits():
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    client.setblocking(False)
    total = 0
    for _ in range(20):
        try:
            while True:
                total += client.send(bytes(1 << 16))
        except BlockingIOError:
            time.sleep(0.01)  # buffers grow
    return total

def who():
    return [os.getpid(), os.getppid()]

def signals(pid):
    try:
        os.kill(pid, 0)
        return "sent"
    except OSError as error:
        return type(error).__name__

def interfaces():
    return [name for _, name in socket.if_nameindex()]

def daemon():
    for _ in range(2):
        subprocess.Popen(["sh", "-c", "setsid sleep 31415926 & exit"])
    time.sleep(0.3)
    return True

def capabilities():
    found = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(("Cap", "NoNewPrivs", "Seccomp:")):
            name, value = line.split(":")
            found[name] = value.strip()
    return found

def total(_=None):
    import torch.distributed as dist
    import torch.multiprocessing as multiprocessing

    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    ranks = [context.Process(target=_rank, args=(rank, queue)) for rank in range(2)]
    [rank.start() for rank in ranks]
    found = sorted(queue.get() for _ in ranks)
    [rank.join() for rank in ranks]
    return found

def _rank(rank, queue):
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"file://{os.getcwd()}/store", rank=rank, world_size=2)
    x = torch.full((1,), rank + 1.0)
    dist.all_reduce(x)
    queue.put(float(x))
    dist.destroy_process_group()

def helped():
    from .helper import answer
    return answer
"""


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    wall = NAMESPACED.open([])
    yield wall
    wall.close()


@pytest.fixture
def worker(wall, tmp_path):
    """A solution, a package, whose folder has a helper."""
    package = tmp_path / "handed in" / "x"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(SOURCE)
    (package / "helper.py").write_text("answer = 42\n")
    solution = wall.solution(
        package / "__init__.py", limits=Limits(seconds=30, memory_mb=2048), shown_as="x/__init__.py"
    )
    yield solution
    solution.close()


def test_it_sees_no_folder_of_the_machine_but_libraries(wall, worker, tmp_path):
    (tmp_path / "secret").write_text("")
    for folder in (tmp_path, tmp_path.parent, Path.home(), "/var", "/opt", wall._folder, "/.outside", "/"):
        assert worker.names(str(folder)) in {"FileNotFoundError", "PermissionError"}, folder
    assert worker.reads(str(tmp_path / "secret")) == "FileNotFoundError"
    assert "torch" in worker.names(str(Path(torch.__file__).parents[1]))


def test_a_package_is_there_with_all_its_files_and_cannot_be_written_to(worker):
    assert worker.helped() == 42
    assert worker.rewrites() in {"PermissionError", "OSError"}  # Landlock's, or the file system's


def test_no_more_waits_in_a_connection_than_what_counts_for_it(worker):
    assert worker.waits() <= processes.SOCKET_BYTES


def test_what_is_its_own_it_may_change(worker):
    assert worker.changes() == ["3\n", 1.0]


def test_it_is_the_first_of_its_processes_and_sees_no_other(worker):
    assert worker.who() == [1, 0]
    assert worker.signals(os.getpid()) == worker.signals(worker._link.pid) == "ProcessLookupError"
    assert worker.signals(1) == "sent"  # to itself


def test_it_has_no_network_but_its_own(worker):
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert worker.connects(socket.AF_INET, ["127.0.0.1", server.getsockname()[1]]) == "ConnectionRefusedError"
    assert worker.interfaces() == ["lo"]


def test_a_socket_s_path_leads_nowhere(worker, tmp_path):
    path = str(tmp_path / "s")
    if len(path) > 107:
        pytest.skip("the path is too long for a socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert worker.connects(socket.AF_UNIX, path) == "FileNotFoundError"


def test_what_it_leaves_in_shared_memory_is_gone(wall, worker, tmp_path):
    assert worker.writes("/dev/shm/left") == "written"
    assert not Path("/dev/shm/left").exists()
    (tmp_path / "next.py").write_text(SOURCE)
    after = wall.solution(tmp_path / "next.py", limits=Limits(), shown_as="next.py")
    assert after.names("/dev/shm") == []
    after.close()


def test_what_it_starts_ends_with_it(wall, worker):
    assert worker.daemon()
    assert any(
        b"31415926" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes.descendants(worker._link.pid)
    )
    worker.close()
    left = subprocess.run(["pgrep", "-f", "sleep 31415926"], capture_output=True, text=True, check=False).stdout
    assert left == ""


def test_it_has_no_right_that_another_user_lacks(worker):
    found = worker.capabilities()
    only_reading = 1 << 2 if os.geteuid() == 0 else 0  # CAP_DAC_READ_SEARCH
    assert int(found["CapEff"], 16) == int(found["CapPrm"], 16) == only_reading
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_gloo_s_processes_find_each_other(worker):
    assert worker.total() == [3.0, 3.0]


def test_what_is_hidden_among_the_libraries_is_hidden(tmp_path):
    hidden = Path(torch.__file__).parent / "include" / "ATen"
    (tmp_path / "s.py").write_text(SOURCE.replace("import torch\n", ""))
    for level in (LOCKED, NAMESPACED):
        wall = level.open([hidden])
        try:
            solution = wall.solution(tmp_path / "s.py", limits=Limits(), shown_as="s.py")
            assert solution.reads(str(hidden / "ATen.h")) in {"PermissionError", "FileNotFoundError"}, level.name
            assert "import" in solution.reads(str(hidden.parents[1] / "functional.py")), level.name
            assert level is LOCKED or solution.names(str(hidden)) == []
            solution.close()
        finally:
            wall.close()


def test_links_on_the_way_to_a_library_are_there(tmp_path):
    (tmp_path / "real" / "lib").mkdir(parents=True)
    (tmp_path / "real" / "lib" / "a.txt").write_text("a")
    (tmp_path / "one").symlink_to("real")
    (tmp_path / "two").symlink_to(tmp_path / "one" / "lib")
    (tmp_path / "folder").mkdir()
    code = (
        "import sys; from ptassess.sandbox import namespaces as n; from pathlib import Path\n"
        f"n.enter({str(tmp_path / 'folder')!r}, ['/usr', '/lib', '/lib64', {str(tmp_path / 'two')!r}], [])\n"
        f"print(Path({str(tmp_path / 'two' / 'a.txt')!r}).read_text())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.stdout == "a\n", found.stderr


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
        ("", "", "something denies them"),
    ],
)
def test_what_stands_in_the_way_is_named_with_what_to_type(monkeypatch, tmp_path, setting, value, said):
    monkeypatch.setattr(namespaces, "_SETTINGS", tmp_path)
    monkeypatch.setattr(namespaces, "_CONTAINERS", ())
    if setting:
        (tmp_path / setting).parent.mkdir(parents=True)
        (tmp_path / setting).write_text(value + "\n")
    assert said in namespaces._remedy()


def test_in_a_container_its_profile_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(namespaces, "_CONTAINERS", (str(tmp_path),))
    assert "--security-opt seccomp=unconfined" in namespaces._remedy()


def test_a_machine_that_denies_them_says_so_in_one_line(monkeypatch):
    monkeypatch.setattr(namespaces, "_TRY", "raise OSError(1, 'unshare: Operation not permitted')")
    namespaces.why_not.cache_clear()
    try:
        said = namespaces.why_not()
    finally:
        namespaces.why_not.cache_clear()
    assert said.startswith("needs namespaces for ordinary users: ")
    assert "unshare: Operation not permitted" in said
    assert "\n" not in said


def test_whoever_is_killed_while_it_asks_leaves_no_folder(tmp_path):
    ask = "from ptassess.sandbox import namespaces; namespaces.why_not()"
    asking = subprocess.Popen([sys.executable, "-c", ask], env={**os.environ, "TMPDIR": str(tmp_path)})
    until(lambda: list(tmp_path.iterdir()))
    asking.kill()
    asking.wait()
    until(lambda: not list(tmp_path.iterdir()))


def until(happened, seconds=20):
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def kill_while_it_starts(wall, *, in_ours):
    """Kill a child of the launcher's: the first is in the launcher's namespace, the second in one of its own."""
    launcher = wall.supervisor._process.pid
    own = Path(f"/proc/{launcher}/ns/pid").readlink()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for pid in processes.children(launcher):
            with contextlib.suppress(OSError):
                if (Path(f"/proc/{pid}/ns/pid").readlink() == own) == in_ours:
                    os.kill(pid, signal.SIGKILL)
                    return
        time.sleep(0.0005)


@pytest.mark.parametrize("in_ours", [True, False], ids=["who writes the lists of users", "the first of its namespace"])
def test_who_is_killed_while_it_starts_is_started_again(tmp_path, in_ours):
    (tmp_path / "s.py").write_text("def add(x): return x + 1\n")
    for _ in range(10):  # until a kill comes in time: whoever writes the lists ends within a millisecond
        wall = NAMESPACED.open([])
        try:
            launcher = wall.supervisor._process.pid
            kill_while_it_starts(wall, in_ours=in_ours)
            wall.preload(())
            solution = wall.solution(tmp_path / "s.py", limits=Limits(), shown_as="s.py")
            assert solution.add(1) == 2
            solution.close()
            if wall.supervisor._process.pid != launcher:
                return
        finally:
            wall.close()
    pytest.fail("none of ten kills came in time")
