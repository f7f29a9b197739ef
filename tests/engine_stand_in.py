"""Stands in for `docker` and `podman`: takes the options that their documentation gives and no others, refuses as they
do, and runs a container's command as a process of this machine.

Usage: engine_stand_in.py NAME ARGUMENTS…, with the environment variable ENGINE_STAND_IN naming a folder that holds
`setup.json` (see `SETUP`). As with a real engine a container is no child of its client: killing `docker run` leaves it.
Where this runs as root, a container has processes, network, shared memory and IPC objects of its own, and its user.
"""

import contextlib
import ctypes
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

SETUP = {
    "mode": "ok",  # or: down, denied, hangs
    "info": {},  # what `info` tells
    "images": {},  # name: a folder that is first on the import path of its Python
    "making": 0.0,  # seconds until a container is made: by the daemon, whatever becomes of the client meanwhile
    "seconds": 0.0,  # from then until its client has it started
    "starts": True,  # or what the runtime says instead
}
SWITCHES = {"--rm", "--read-only", "--no-healthcheck"}
SIZE = r"\d+[bkmg]?"
OPTIONS = {
    "--name": r"[a-zA-Z0-9][a-zA-Z0-9_.-]+",
    "--pull": "always|missing|never",
    "--user": r"\d+:\d+",
    "--cap-drop": "ALL|[A-Z_]+",
    "--security-opt": "no-new-privileges|label=disable",
    "--network": "none|bridge|host",
    "--ipc": "none|private|shareable|host",
    "--tmpfs": r"/[^:]+:(rw|ro|noexec|nosuid|nodev|size=\d+[kmg]?|mode=\d+)(,\w+(=\w+)?)*",
    "--mount": r"type=bind,source=/[^,]+,target=/[^,]+",
    "--workdir": "/.*",
    "--pids-limit": r"-1|\d+",
    "--memory": SIZE,
    "--memory-swap": f"-1|{SIZE}",
    "--shm-size": SIZE,
    "--ulimit": r"(nofile|nproc)=\d+:\d+",
    "--log-driver": "none|json-file|journald|k8s-file|local",
    "--env": r"(?s)\w+(=.*)?",
    "--entrypoint": ".*",
}
MORE = {"docker": {"--userns": "host"}, "podman": {"--userns": "auto|host|keep-id|nomap"}}
LISTS = {"--env", "--security-opt", "--cap-drop", "--tmpfs", "--mount", "--ulimit"}
NEW_IPC, NEW_MOUNTS, NEW_PIDS, NEW_NET = 0x0800_0000, 0x0002_0000, 0x2000_0000, 0x4000_0000  # linux/sched.h
BIND, RECURSIVE, PRIVATE = 1 << 12, 1 << 14, 1 << 18  # linux/mount.h


def fail(message, status=125):
    sys.stderr.write(f"{message}\n")
    sys.exit(status)


def main(engine, command, *arguments):
    home = Path(os.environ["ENGINE_STAND_IN"])
    setup = SETUP | json.loads((home / "setup.json").read_text())
    if setup["mode"] == "hangs":
        time.sleep(600)
    refusals = {
        "down": "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "denied": "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
    }
    if setup["mode"] in refusals:
        if command == "info":  # Docker's client fills in the form all the same
            print(json.dumps({"KernelVersion": "", "DefaultRuntime": "", "SecurityOptions": None}))
        prefix = "docker: " if command == "run" else ""
        hint = "\n\nRun 'docker run --help' for more information" if command == "run" else ""
        fail(prefix + refusals[setup["mode"]] + hint, 125 if command == "run" else 1)
    match [command, *arguments]:
        case ["info", "--format", "json"]:
            print(json.dumps(setup["info"]))
        case ["image", "inspect", image]:
            print("[]")
            if image not in setup["images"]:
                fail(f"Error response from daemon: No such image: {image}", 1)
        case ["kill", name]:
            kill(home, name)
        case ["rm", "--force", name]:
            remove(home, name)
        case ["run", *rest]:
            run(home, setup, *parse(engine, rest))
        case _:
            fail(f"unknown command: {command} {arguments}", 1)


def parse(engine, arguments):
    """Options, image and command, as the client sees them."""
    known = OPTIONS | MORE[engine]
    found = {name: [] for name in LISTS}
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        name, equals, value = rest.pop(0).partition("=")
        if name in SWITCHES and not equals:
            found[name] = True
            continue
        if name not in known:
            fail(f"unknown flag: {name}")
        value = value if equals else rest.pop(0)
        if not re.fullmatch(known[name], value):
            fail(f'invalid argument "{value}" for "{name}" flag')
        if name in LISTS:
            found[name].append(value)
        else:
            found[name] = value
    if not rest:
        fail("requires at least 1 argument")
    if "--memory-swap" in found and "--memory" not in found:
        fail("You should always set the Memory limit when using Memoryswap limit")
    return found, rest[0], rest[1:]


def run(home, setup, options, image, command):
    with (home / "runs.jsonl").open("a") as file:
        file.write(json.dumps(options | {"image": image}) + "\n")
    if image not in setup["images"]:
        fail(f"docker: Error response from daemon: No such image: {image}")
    for mount in options["--mount"]:
        source = dict(part.split("=") for part in mount.split(","))["source"]
        if not Path(source).exists():
            fail(f'invalid mount config for type "bind": bind source path does not exist: {source}')
    name = options["--name"]
    place = home / "containers" / name
    make(place, home / f"{name}.made", setup["making"])
    time.sleep(setup["seconds"])
    if setup["starts"] is not True:
        forget(place)
        fail(f"docker: Error response from daemon: {setup['starts']}")
    if not place.exists():
        fail(f"docker: Error response from daemon: No such container: {name}")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            look_after(home, options, setup["images"][image], command)
        os._exit(0)
    os.wait()
    status = home / f"{name}.status"
    while place.exists() or not status.exists():
        time.sleep(0.01)
    sys.exit(int(status.read_text()))


def make(place, made, seconds):
    """The daemon's part, which does not end with the client; that waits for it."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(seconds)
            place.mkdir()
            made.touch()
        os._exit(0)
    os.wait()
    while not made.exists():
        time.sleep(0.01)


def look_after(home, options, site, command):
    """What is the parent of a container's first process; goes on without the client, and removes what was left."""
    place = home / "containers" / options["--name"]
    status = 125
    try:
        status = contain(place, options, site, command)
    except BaseException as error:  # noqa: BLE001  it is told, and there is nobody to raise it to
        sys.stderr.write(f"the runtime: {type(error).__name__}: {error}\n")
    finally:
        (home / f"{place.name}.status").write_text(str(status))
        forget(place)
        os._exit(0)


def forget(place):
    """In one step, whoever else does it at the same moment."""
    with contextlib.suppress(OSError):
        place.rename(place.parent.parent / f"{place.name}.{os.getpid()}")


def contain(place, options, site, command):
    libc = ctypes.CDLL(None, use_errno=True)
    is_root = os.geteuid() == 0
    if is_root and libc.unshare(NEW_PIDS | NEW_MOUNTS | NEW_NET | NEW_IPC):
        raise OSError(ctypes.get_errno(), "unshare")
    pid = os.fork()
    if pid == 0:
        try:
            if is_root:
                libc.mount(None, b"/", None, ctypes.c_ulong(RECURSIVE | PRIVATE), None)
                libc.mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(0), None)
                size = f"size={options['--shm-size']},mode=1777".encode()
                libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", ctypes.c_ulong(0), size)
                show(libc, {sys.prefix, sys.base_prefix})
                user, group = map(int, options["--user"].split(":"))
                os.setgroups([])
                os.setresgid(group, group, group)
                os.setresuid(user, user, user)
            libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
            os.chdir(options.get("--workdir", "/"))
            environment = dict(entry.split("=", 1) for entry in options["--env"])
            environment |= {"PATH": "/usr/bin:/bin", "PYTHONPATH": site}
            program = {"python3": sys.executable}[options["--entrypoint"]]
            os.execve(program, [program, *command], environment)
        except BaseException as error:  # noqa: BLE001  it is told, and there is nobody to raise it to
            sys.stderr.write(f"the runtime: {type(error).__name__}: {error}\n")
        finally:
            os._exit(127)
    try:
        (place / "pid.new").write_text(str(pid))
        (place / "pid.new").rename(place / "pid")
    except OSError:  # it was removed meanwhile
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    status = os.waitstatus_to_exitcode(status)
    return status if status >= 0 else 128 - status


def show(libc, folders):
    """Have an image's folders be where every user can come to them, also those that lie in root's home."""
    closed = {}
    for folder in folders:
        parents = list(Path(folder).resolve().parents)[::-1]
        if (first := next((part for part in parents if not part.stat().st_mode & 1), None)) is not None:
            closed.setdefault(first, []).append((folder, os.open(folder, os.O_PATH)))
    for first, inside in closed.items():
        libc.mount(b"tmpfs", os.fsencode(first), b"tmpfs", ctypes.c_ulong(0), b"mode=755")
        for folder, descriptor in inside:
            Path(folder).mkdir(parents=True)
            source = f"/proc/self/fd/{descriptor}".encode()
            libc.mount(source, os.fsencode(folder), None, ctypes.c_ulong(BIND | RECURSIVE), None)


def pid_of(place):
    try:
        return int((place / "pid").read_text())
    except OSError:
        return None


def kill(home, name):
    pid = pid_of(home / "containers" / name)
    if pid is None:
        fail(f"Error response from daemon: cannot kill container: {name}: No such container: {name}", 1)
    os.kill(pid, signal.SIGKILL)


def remove(home, name):
    place = home / "containers" / name
    if not place.exists():
        fail(f"Error response from daemon: No such container: {name}", 1)
    pid = pid_of(place)
    if pid is None:  # created, and not started
        forget(place)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while place.exists():
        time.sleep(0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
