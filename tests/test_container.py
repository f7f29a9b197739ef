"""The level `container` with engines that are stand-ins: what they are asked for, what they refuse, what is left over.

Where there is a real engine and PTASSESS_TEST_IMAGE names an image of this version (`tests/make_image.py` makes one),
walls, their ends and grading are tried with that as well; then it must work. Where Docker's client is installed, its
own reading of the options is looked at.
"""

import json
import os
import platform
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest
import torch

from ptassess import __version__
from ptassess.errors import IsolationError, JudgeError, SolutionCrashed, SolutionMemory
from ptassess.grading import grade
from ptassess.loading import load_file
from ptassess.registry import catalogue
from ptassess.sandbox import Limits, choose, confinement, identity, processes
from ptassess.sandbox.door import Door

ROOT = Path(__file__).parents[1]
STAND_IN = Path(__file__).with_name("engine_stand_in.py")
PLUGIN = load_file(ROOT / "plugins" / "container" / "plugin.py")
ENGINES = PLUGIN.engines
DOCKERS_CLIENT = shutil.which("docker")
DOCKER = {"KernelVersion": platform.release(), "DefaultRuntime": "runc", "SecurityOptions": ["name=cgroupns"]}
PODMAN = {
    "host": {
        "kernel": platform.release(),
        "ociRuntime": {"name": "crun"},
        "security": {"rootless": True, "selinuxEnabled": False},
    }
}
WAITS = "from ptassess.sandbox.door import enter; enter({!r}).recv(1)"
WEDGED = "from ptassess.sandbox.door import enter; s = enter({!r}); import time; time.sleep(600)"

pytestmark = pytest.mark.skipif(bool(confinement.why_not()), reason=str(confinement.why_not()))


class StandIn:
    """An engine by that name; its folder holds images whose Python finds a `ptassess` of their own first."""

    def __init__(self, folder, name="docker", info=DOCKER):
        self.home = folder
        (folder / "containers").mkdir(parents=True)
        (folder / "bin").mkdir()
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nENGINE_STAND_IN={folder} exec {sys.executable} {STAND_IN} {name} "$@"\n')
        script.chmod(0o755)
        self.command = str(script)
        self.engine = ENGINES.Engine(command=self.command, image="good", user=(os.getuid(), os.getgid()))
        self.setup = {"info": info, "images": {}}
        self.change()

    def change(self, **what):
        self.setup |= what
        (self.home / "setup.json").write_text(json.dumps(self.setup))
        PLUGIN._find.cache_clear()

    def use(self, patch, image="good"):
        patch.setenv("PATH", str(self.home / "bin"))
        if image:
            patch.setenv("PTASSESS_IMAGE", image)
        else:
            patch.delenv("PTASSESS_IMAGE", raising=False)

    def containers(self):
        return [path.name for path in (self.home / "containers").iterdir()]

    def last_run(self):
        return json.loads((self.home / "runs.jsonl").read_text().splitlines()[-1])


ENVIRONMENT = {"PATH": os.environ["PATH"], "PTASSESS_IMAGE": os.environ.get("PTASSESS_TEST_IMAGE", "")}


def real_engine():
    """The engine of this machine; None if none is to be tried."""
    if not ENVIRONMENT["PTASSESS_IMAGE"]:
        return None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTASSESS_IMAGE", ENVIRONMENT["PTASSESS_IMAGE"])
        found = PLUGIN._found()
    assert isinstance(found, ENGINES.Engine), found
    return found


REAL_ENGINE = real_engine()


class Real:
    """The engine of this machine, with the same means as a stand-in."""

    engine = REAL_ENGINE
    command = REAL_ENGINE.command if REAL_ENGINE else None

    def __init__(self):
        self._others = []
        self._others = self.containers()

    def use(self, patch):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)

    def containers(self):
        asked = [self.command, "ps", "--all", "--filter", "name=^ptassess-", "--format", "{{.Names}}"]
        names = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        return [name for name in names if name not in self._others]


ENGINES_HERE = ["stand-in", *(["real"] if REAL_ENGINE else [])]


@pytest.fixture(scope="module")
def images():
    """Folders with a ptassess without answers, of another version, and with answers; readable for all users."""
    with tempfile.TemporaryDirectory(prefix="images-") as folder:
        found = {name: Path(folder, name) for name in ("good", "old", "telling")}
        for name, site in found.items():
            shutil.copytree(ROOT / "ptassess", site / "ptassess", ignore=shutil.ignore_patterns("__pycache__"))
            challenge = site / "ptassess" / "_bundle" / "challenges" / "gelu"
            challenge.mkdir(parents=True)
            text = (ROOT / "tests" / "packs" / "double" / "challenge.py").read_text()
            (challenge / "challenge.py").write_text(text)
            if name == "telling":
                (challenge / "private").mkdir()
        (found["old"] / "ptassess-0.0.1.dist-info").mkdir()
        (found["old"] / "ptassess-0.0.1.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: ptassess\nVersion: 0.0.1\n"
        )
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        yield {name: str(site) for name, site in found.items()}


@pytest.fixture
def docker(tmp_path, images, monkeypatch):
    found = StandIn(tmp_path / "docker")
    found.change(images=images)
    found.use(monkeypatch)
    return found


@pytest.fixture
def folder():
    """A folder as walls have it: no other user can enter it, and every user can come to it."""
    found = tempfile.mkdtemp(prefix="ptassess-")
    yield found
    shutil.rmtree(found)


@pytest.fixture(params=ENGINES_HERE)
def here(request, folder, monkeypatch):
    """An engine that runs containers, for whose user the folder is."""
    if request.param == "stand-in":
        return request.getfixturevalue("docker")
    found = Real()
    found.use(monkeypatch)
    PLUGIN.Launcher(found.engine).begin(folder, [])
    return found


# -- why it cannot be had ----------------------------------------------------------------------------------------


def test_without_an_engine_it_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert PLUGIN.why_not() == "needs docker or podman: install one of them"


def test_without_the_name_of_an_image_nothing_is_asked(docker, monkeypatch):
    docker.change(mode="hangs")
    monkeypatch.delenv("PTASSESS_IMAGE")
    said = PLUGIN.why_not()
    assert said.startswith("needs an image: type `docker build --tag")
    assert said.endswith(f"then `export PTASSESS_IMAGE=ptassess:{__version__}`")
    assert choose(None, catalogue().levels()).name != "container"
    with pytest.raises(IsolationError, match="container needs an image"):
        choose("container", catalogue().levels())


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            {"mode": "down"},
            "docker does not answer (Cannot connect to the Docker daemon at unix:///var/run/docker.sock",
        ),
        ({"mode": "down"}, "start it: `sudo systemctl start docker`"),
        ({"mode": "denied"}, "type `sudo usermod --append --groups docker $USER`, then log in again"),
        ({"info": {}}, "docker does not answer (it said nothing); see that `docker info` shows a server"),
        ({"info": DOCKER | {"DefaultRuntime": "runsc"}}, "docker's default runtime is runsc, whose processes live on"),
        ({"info": DOCKER | {"KernelVersion": "6.6.0-linuxkit"}}, "on another kernel (6.6.0-linuxkit, here it is"),
        ({"images": {}}, "there is no image good in docker, and none is fetched; type `docker build --tag"),
        ({"starts": "OCI runtime create failed"}, "does not start as docker is told to (docker: Error response from"),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_line(docker, what, said):
    docker.change(**what)
    found = PLUGIN.why_not()
    assert said in found
    assert "\n" not in found
    assert docker.containers() == []


def test_an_engine_that_hangs_is_not_waited_for_long(docker, monkeypatch):
    docker.change(mode="hangs")
    monkeypatch.setattr(ENGINES, "ANSWER_SECONDS", 0.5)
    began = time.monotonic()
    assert PLUGIN.why_not() == "docker did not answer within 0.5 s; see that `docker info` does"
    assert time.monotonic() - began < 5
    (docker.home / "setup.json").write_text(json.dumps(docker.setup | {"mode": "ok"}))
    assert "did not answer" in PLUGIN.why_not()  # it was asked once and for all


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("old", f"the image old has ptassess 0.0.1 instead of {__version__}; type `docker build"),
        ("telling", "the image telling holds private checks, of gelu; type `docker build"),
    ],
)
def test_an_image_that_is_another_one_is_refused(docker, monkeypatch, image, said):
    monkeypatch.setenv("PTASSESS_IMAGE", image)
    assert said in PLUGIN.why_not()
    assert docker.containers() == []


def test_a_container_that_cannot_reach_the_judge_is_told_of(docker, monkeypatch):
    """As with a daemon that has another `/tmp`, or a policy that keeps containers from the judge's sockets."""
    monkeypatch.setattr(PLUGIN, "NAME", "elsewhere")
    assert "cannot" in (found := PLUGIN.why_not()) or "No such file" in found
    assert "FileNotFoundError" in found
    assert docker.containers() == []


def test_processes_that_cannot_be_looked_into_are_told_of(docker, monkeypatch):
    monkeypatch.setattr("ptassess.sandbox.reading.read_memory", lambda *_: None)
    assert "the judge cannot signal and read the processes of docker's containers" in PLUGIN.why_not()


def test_where_one_engine_cannot_be_had_the_other_is_taken(tmp_path, images, monkeypatch):
    docker, podman = StandIn(tmp_path / "a"), StandIn(tmp_path / "b", "podman", PODMAN)
    docker.change(mode="down")
    podman.change(images=images)
    shutil.copy(docker.command, podman.home / "bin")
    podman.use(monkeypatch)
    assert PLUGIN.why_not() is None
    assert PLUGIN._found().name == "podman"
    assert podman.containers() == []


# -- how a container is started ----------------------------------------------------------------------------------


def test_a_container_gets_nothing_but_the_folder(docker, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy")
    assert PLUGIN.why_not() is None
    run = docker.last_run()
    assert run["--rm"] is run["--read-only"] is run["--no-healthcheck"] is True
    assert (run["--network"], run["--ipc"], run["--pull"]) == ("none", "private", "never")
    assert (run["--cap-drop"], run["--security-opt"]) == (["ALL"], ["no-new-privileges"])
    (mount,) = run["--mount"]
    kind, source, target = mount.split(",")
    assert kind == "type=bind"
    assert source.partition("=")[2] == target.partition("=")[2]
    assert "ptassess-" in source
    assert int(run["--pids-limit"]) > 100
    assert run["--ulimit"] == ["nofile=4096:4096"]
    assert run["--memory"] == run["--memory-swap"]
    assert run["--user"] == "{}:{}".format(*PLUGIN._found().user)
    assert run["--user"] != "0:0"
    environment = dict(entry.split("=", 1) for entry in run["--env"])
    assert environment["HTTPS_PROXY"] == environment["https_proxy"] == ""
    assert "secret" not in str(run)
    assert "HOME" in environment
    assert not {"PATH", "LD_LIBRARY_PATH", "PTASSESS_IMAGE"} & environment.keys()


OWN = None  # the user that workers become here


@pytest.mark.parametrize(
    ("info", "user", "options"),
    [
        (DOCKER, OWN, ()),
        (DOCKER | {"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}, (0, 0), ()),
        (DOCKER | {"SecurityOptions": ["name=userns"]}, OWN, ("--userns", "host")),
        (DOCKER | {"SecurityOptions": ["name=selinux"]}, OWN, ("--security-opt", "label=disable")),
        (DOCKER | {"SecurityOptions": None}, OWN, ()),
        (PODMAN, OWN, ("--userns", "keep-id")),
        ({"host": PODMAN["host"] | {"security": {"rootless": False, "selinuxEnabled": True}}}, OWN,
         ("--ulimit", "nproc=4096:4096", "--security-opt", "label=disable")),
    ],
)  # fmt: skip
def test_how_an_engine_maps_users_decides_who_processes_are(docker, info, user, options):
    docker.change(info=info)
    found = ENGINES.examine(docker.command)
    own = identity.for_worker(0)
    assert found.user == (user or ((os.getuid(), os.getgid()) if own is None else (own, own)))
    assert found.options == options


def test_podman_by_the_name_of_docker_is_podman(tmp_path, images, monkeypatch):
    found = StandIn(tmp_path / "docker", "docker", PODMAN)
    found.use(monkeypatch)
    assert ENGINES.examine(found.command).options == ("--userns", "keep-id")


# -- a wall ------------------------------------------------------------------------------------------------------

SOURCE = """
import os, sys, time
from pathlib import Path

import torch

def double(x):
    return x * 2

def names(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        return type(error).__name__

def writes(path):
    try:
        Path(path).write_text("left")
        return "written"
    except OSError as error:
        return type(error).__name__

def where():
    return [__file__, os.getcwd(), torch.__file__]

def rewrites():
    return writes(__file__)

def who():
    return [os.getuid(), os.getgid(), os.getppid()]

def ends():
    os.kill(os.getppid(), 9)

def status():
    found = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(("Cap", "NoNewPrivs", "Seccomp:")):
            name, value = line.split(":")
            found[name] = value.strip()
    return found

def keeps(megabytes):
    with open("/dev/shm/kept", "wb") as file:
        for _ in range(megabytes):
            file.write(bytes(1 << 20))
    time.sleep(0.2)
    return megabytes

def keeps_folders():
    os.makedirs("/dev/shm/folder/inner")
    Path("/dev/shm/folder/inner/file").write_text("kept")
    os.mkdir("/dev/shm/closed", 0)
    os.mkdir("/dev/shm/folder/closed", 0)
    os.symlink("/", "/dev/shm/link")

def helped():
    from .helper import answer
    return answer

def leads_astray():
    return (Path(__file__).parent / "link").exists()
"""


@pytest.fixture(scope="module", params=ENGINES_HERE)
def shared(request, tmp_path_factory, images):
    """An engine, and a wall of its own."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "real":
            found = Real()
        else:
            found = StandIn(tmp_path_factory.mktemp("shared") / "docker")
            found.change(images=images)
        found.use(patch)
        wall = PLUGIN.LEVEL.open([])
        yield found, wall
        wall.close()
    assert found.containers() == []
    assert not Path(wall._folder).exists()


@pytest.fixture
def wall(shared):
    return shared[1]


@pytest.fixture
def package(tmp_path):
    """A solution whose folder has a helper, and a link to what is not its own."""
    home = tmp_path / "handed in" / "x"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text(SOURCE)
    (home / "helper.py").write_text("answer = 42\n")
    (tmp_path / "secret").write_text("")
    (home / "link").symlink_to(tmp_path / "secret")
    return home / "__init__.py"


@pytest.fixture
def worker(wall, package):
    solution = wall.solution(package, limits=Limits(seconds=60, memory_mb=2048), shown_as="x/__init__.py")
    yield solution
    solution.close()


def test_a_solution_in_a_container_answers(wall, worker):
    assert wall.level == "container"
    assert torch.equal(worker.double(torch.ones(3)), torch.full((3,), 2.0))


def test_its_files_are_copies_that_it_cannot_change_beside_its_folder(worker, package, images):
    own, scratch, _ = worker.where()
    assert own != str(package)
    assert Path(own).parts[-2:] == ("x", "__init__.py")
    assert not Path(own).is_relative_to(scratch)
    assert worker.helped() == 42
    assert worker.leads_astray() is False
    assert not (Path(own).parent / "link").is_symlink()
    assert worker.rewrites() in {"PermissionError", "OSError"}
    assert worker.names(str(package.parent)) in {"PermissionError", "FileNotFoundError"}
    assert worker.writes(f"{scratch}/mine") == "written"


def test_an_overlay_is_there_as_well(wall, package, tmp_path):
    overlay = tmp_path / "overlay.py"
    overlay.write_text("_right = double\ndef double(x):\n    return _right(x) + 1\n")
    solution = wall.solution(package, limits=Limits(seconds=60), shown_as="x", overlay=overlay)
    assert solution.double(3) == 7
    solution.close()


def test_a_workers_copies_go_when_it_has_ended(wall, worker, package):
    first = Path(worker.where()[0])
    worker.close()
    second = wall.solution(package, limits=Limits(seconds=60), shown_as="x")
    assert second.double(1) == 2
    assert not first.exists()
    second.close()


def test_a_worker_is_nobody_in_particular_and_locked(worker, shared):
    user, group, parent = worker.who()
    assert (user, group) == PLUGIN._found().user
    found = worker.status()
    assert {int(found[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {0}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    if os.geteuid() == 0:  # else the stand-in cannot give it processes of its own
        assert parent == 1


def test_the_judge_knows_workers_by_its_own_numbers(wall, worker):
    worker.double(1)
    assert processes.children(wall.supervisor.pid) == [worker._link.pid]


def in_container(solution):
    """Skip where a stand-in has no rights to give a container what is its own."""
    if solution.who()[2] != 1:
        pytest.skip("only root's stand-in gives a container processes and shared memory of its own")


def test_no_worker_finds_what_another_has_left_in_shared_memory(wall, worker, package):
    in_container(worker)
    assert worker.keeps(1) == 1
    worker.keeps_folders()
    assert worker.names("/dev/shm") == ["closed", "folder", "kept", "link"]
    worker.close()
    second = wall.solution(package, limits=Limits(seconds=60), shown_as="x")
    assert second.names("/dev/shm") == []
    second.close()


def test_what_lies_in_shared_memory_counts(wall, package):
    solution = wall.solution(package, limits=Limits(seconds=60, memory_mb=256), shown_as="x")
    in_container(solution)
    assert solution.keeps(100) == 100
    with pytest.raises(SolutionMemory):
        solution.keeps(400)
    solution.close()


def test_the_path_of_the_connection_is_gone_when_workers_come(wall, worker):
    worker.double(1)
    assert not (Path(wall._folder) / "door").exists()


def test_a_race_reads_its_results_from_the_container(wall, package):
    contestant = wall.contestant(
        package, limits=Limits(seconds=60, memory_mb=2048), shown_as="x", name="double", args=[torch.ones(1000)]
    )
    try:
        lap = contestant.turn([[torch.full((1000,), 3.0)]], look=True)
        assert torch.equal(lap.result, torch.full((1000,), 6.0))
        assert not contestant._link.has_strays()
    finally:
        contestant.close()


def test_a_container_that_was_killed_is_replaced(shared, package):
    engine, wall = shared
    solution = wall.solution(package, limits=Limits(seconds=60), shown_as="x")
    assert solution.double(1) == 2
    before = engine.containers()
    pid = solution._link.pid
    subprocess.run([engine.command, "kill", *before], check=True)
    while not processes.is_dead(pid):  # the kernel takes a moment to end the workers as well
        time.sleep(0.01)
    with pytest.raises(SolutionCrashed):
        solution.double(1)
    after = wall.solution(package, limits=Limits(seconds=60), shown_as="x")
    assert after.double(1) == 2
    assert len(engine.containers()) == 1
    assert engine.containers() != before
    after.close()


def test_workers_that_cannot_be_seen_are_not_judged(wall, package, monkeypatch):
    """A descriptor of a process of another namespace says 0, which to kill(2) is one's own group of processes."""
    monkeypatch.setattr(processes, "pid_of", lambda _: 0)
    solution = wall.solution(package, limits=Limits(seconds=60), shown_as="x")
    with pytest.raises(JudgeError, match="cannot be seen from here"):
        solution.double(1)


def test_a_submission_is_graded_in_a_container(here, tmp_path, monkeypatch):
    """Its judge is a process of its own, with an environment that names the image and little else."""
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    solutions = tmp_path / "ada" / "solutions"
    solutions.mkdir(parents=True)
    (solutions / "double.py").write_text("def double(x): return x + x\ndef triple(x): return 3 * x\n")
    pack = ROOT / "tests" / "packs" / "double"
    (found,) = grade([tmp_path / "ada"], tmp_path / "out", isolation="container", packs=[pack], only=["double"])
    assert found.run is not None, found.reason
    assert found.run.isolation == "container"
    assert {check.outcome for check in found.run.checks} == {"passed"}
    assert here.containers() == []


# -- its end -----------------------------------------------------------------------------------------------------


def start(here, folder, code):
    return PLUGIN.Contained(here.engine, folder, code.format(folder))


def is_left(folder):
    """Processes whose command line names a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if folder.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_closing_the_connection_ends_the_container(here, folder):
    found = start(here, folder, WAITS)
    found.connect(30)
    assert here.containers() == [found.name]
    found.hang_up()
    assert found.process.wait(30) == 0
    assert here.containers() == is_left(folder) == []
    found.end()  # which may be done again


def test_a_container_that_does_not_end_by_itself_is_ended(here, folder, capsys):
    found = start(here, folder, WEDGED)
    found.connect(30)
    found.hang_up()
    found.end()
    assert capsys.readouterr().err == ""
    assert here.containers() == is_left(folder) == []


def test_a_container_whose_client_was_killed_is_ended(here, folder):
    found = start(here, folder, WEDGED)
    found.connect(30)
    os.kill(found.process.pid, signal.SIGKILL)
    found.process.wait()
    assert here.containers() == [found.name]  # the client's end is no end of the container
    assert is_left(folder)
    found.hang_up()
    found.end()
    assert here.containers() == is_left(folder) == []


def test_a_container_that_was_made_and_not_yet_started_goes_as_well(docker, folder):
    docker.change(seconds=1.0)
    found = start(docker, folder, WEDGED)
    while not docker.containers():
        time.sleep(0.01)
    found.hang_up()
    found.end()
    assert docker.containers() == is_left(folder) == []
    assert found.process.poll() is not None


def test_a_container_that_is_not_even_made_yet_goes_as_well(docker, folder):
    docker.change(making=1.0)
    found = start(docker, folder, WEDGED)
    time.sleep(0.5)
    assert docker.containers() == []
    found.hang_up()
    found.end()
    while not (docker.home / f"{found.name}.made").exists():
        time.sleep(0.01)
    assert docker.containers() == is_left(folder) == []


def test_an_engine_that_no_longer_answers_is_told_of(docker, folder, monkeypatch, capsys):
    found = start(docker, folder, WEDGED)
    found.connect(30)
    docker.change(mode="down")
    monkeypatch.setattr(ENGINES, "END_SECONDS", 0.0)
    found.hang_up()
    found.end()
    said = capsys.readouterr().err
    assert f"ptassess: the container {found.name} may still be there (Cannot connect" in said
    assert said.endswith(f"type `docker rm --force {found.name}`\n")
    docker.change(mode="ok")
    subprocess.run([docker.command, "rm", "--force", found.name], check=True)
    assert is_left(folder) == []


def test_the_judges_death_ends_the_container(here, folder):
    code = f"""
import os, signal
from ptassess.grading import grade
from ptassess.loading import load_file
plugin = load_file(__import__("pathlib").Path({str(ROOT)!r}) / "plugins/container/plugin.py")
engine = plugin.engines.Engine(**{asdict(here.engine)!r})
found = plugin.Contained(engine, {folder!r}, {WAITS.format(folder)!r})
found.connect(30)
print(found.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    deadline = time.monotonic() + 30
    while here.containers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert killed.stdout.startswith("ptassess-")
    assert here.containers() == is_left(folder) == []


# -- the door ----------------------------------------------------------------------------------------------------


def test_one_comes_through_the_door_and_it_is_gone(folder):
    door = Door(folder)
    assert stat.S_IMODE((Path(folder) / "door").stat().st_mode) == 0o600
    comes = threading.Thread(target=_says, args=(folder,))
    comes.start()
    with door.wait(10, lambda: True) as found:
        assert found.recv(10) == b"hello"
        comes.join()
        with pytest.raises(subprocess.CalledProcessError):
            _says(folder)


def _says(folder):
    code = f"from ptassess.sandbox.door import enter; enter({folder!r}).send(b'hello')"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_nobody_is_waited_for_who_cannot_come(folder):
    door = Door(folder)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        door.wait(60, lambda: False)
    assert time.monotonic() - began < 30
    with pytest.raises(TimeoutError):
        door.wait(0.2, lambda: True)
    door.close()
    assert not any(Path(folder).iterdir())


def test_a_folder_s_path_may_be_longer_than_a_socket_s(folder):
    long = Path(folder, "a" * 100, "b" * 100)
    long.mkdir(parents=True)
    door = Door(str(long))
    comes = threading.Thread(target=_says, args=(str(long),))
    comes.start()
    with door.wait(10, lambda: True) as found:
        assert found.recv(10) == b"hello"
    comes.join()


# -- a judge whose root is not all that root is elsewhere ----------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to lose")
@pytest.mark.parametrize(
    ("kept", "becomes"),
    [(1 << 41, True), (1 << 2, False), (0, False), ((1 << 41) - 1 & ~(1 << 19), False)],
)
def test_root_without_capabilities_stays_who_it_is_and_locks_itself(kept, becomes):
    code = f"""
from pathlib import Path
from ptassess.sandbox import identity
identity.keep(identity._permitted() & {kept - 1 if becomes else kept})
user = identity.for_worker(1)
identity.become(user)
print(user is not None, bin(identity._permitted()))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    told, left = found.stdout.split()
    assert told == str(becomes)
    assert int(left, 2) & ~(1 << 2) == 0


# -- Docker's own client -------------------------------------------------------------------------------------------


class Daemon(ThreadingMixIn, UnixStreamServer):
    """Notes what Docker's client sends, and makes no container."""

    daemon_threads = True


def handler(asked, info):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status, what):
            data = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Api-Version", "1.44")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def do_HEAD(self):
            self.answer(200, "OK")

        def do_GET(self):
            asked.append((self.path, None))
            if self.path.endswith("/info"):
                self.answer(200, info)
            elif self.path.endswith("/_ping"):
                self.answer(200, "OK")
            else:
                self.answer(404, {"message": f"No such image: {self.path}"})

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.path, json.loads(body) if body else None))
            self.answer(404, {"message": "No such container: it"})

        do_DELETE = do_POST  # noqa: N815  http.server's name

        def log_message(self, *_):
            pass

        def address_string(self):
            return ""

    return Handler


@pytest.fixture
def daemon(folder, monkeypatch):
    """What Docker's client asks a daemon for."""
    asked = []
    info = DOCKER | {"ServerVersion": "28.0", "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}
    server = Daemon(f"{folder}/daemon", handler(asked, info))
    serves = threading.Thread(target=server.serve_forever)
    serves.start()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/daemon")
    monkeypatch.setenv("DOCKER_CONFIG", folder)
    (Path(folder) / "config.json").write_text(
        json.dumps({"proxies": {"default": {"httpProxy": "http://me:secret@proxy"}}})
    )
    yield asked
    server.shutdown()
    serves.join()
    server.server_close()


needs_client = pytest.mark.skipif(DOCKERS_CLIENT is None, reason="needs Docker's client, not its daemon")


@needs_client
def test_dockers_client_reads_the_options_as_they_are_meant(daemon, folder):
    found = ENGINES.Engine(command=DOCKERS_CLIENT, image="it", user=(1000, 1001), options=("--userns", "host"))
    client = found.start("name", folder, "code", quiet=True)
    with client.stderr:
        said = client.stderr.read().decode()
    assert client.wait() == 125, said
    path, body = next((path, body) for path, body in daemon if "/containers/create" in path)
    assert path.endswith("?name=name")
    assert (body["Image"], body["Entrypoint"], body["Cmd"]) == ("it", ["python3"], ["-P", "-c", "code"])
    assert (body["User"], body["WorkingDir"], body["Healthcheck"]["Test"]) == ("1000:1001", "/", ["NONE"])
    assert "secret" not in json.dumps(body)
    assert "HTTP_PROXY=" in body["Env"]
    host = body["HostConfig"]
    assert (host["NetworkMode"], host["IpcMode"], host["UsernsMode"]) == ("none", "private", "host")
    assert host["AutoRemove"] is host["ReadonlyRootfs"] is True
    assert not host["Privileged"]
    assert (host["CapDrop"], host["CapAdd"], host["SecurityOpt"]) == (["ALL"], None, ["no-new-privileges"])
    assert host["Mounts"] == [{"Type": "bind", "Source": folder, "Target": folder}]
    assert not host["Binds"]
    assert host["Tmpfs"] == {"/tmp": "rw,noexec,nosuid,nodev,size=16m"}
    assert host["LogConfig"]["Type"] == "none"
    assert host["PidsLimit"] == 4096
    assert host["Memory"] == host["MemorySwap"] > 1 << 28
    assert host["ShmSize"] == 1 << 30
    assert host["Ulimits"] == [{"Name": "nofile", "Hard": 4096, "Soft": 4096}]


@needs_client
def test_dockers_client_says_how_the_engine_is_set_up_and_removes_what_is_not_there(daemon, monkeypatch):
    found = ENGINES.examine(DOCKERS_CLIENT)
    assert (found.user, found.options) == ((0, 0), ())
    assert ENGINES.ask(DOCKERS_CLIENT, "image", "inspect", "it").returncode
    assert found._remove("it") is None
    assert any("/containers/it/kill" in path for path, _ in daemon)
    assert any("/containers/it" in path and "force=1" in path for path, _ in daemon)


@needs_client
def test_dockers_client_without_a_daemon_is_told_of(folder, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/nobody")
    with pytest.raises(ENGINES.Refused, match=r"docker does not answer \(.*; start it: `sudo systemctl start docker`"):
        ENGINES.examine(DOCKERS_CLIENT)
