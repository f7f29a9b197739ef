"""Docker and Podman by their command lines: how they are set up, what a container is started with, and its end.

References, for every option and answer that is used here:

- https://docs.docker.com/reference/cli/docker/container/run/, …/container/kill/, …/container/rm/, …/image/inspect/,
  …/system/info/; version 23 or newer, for before it Docker's seccomp profile refused Landlock (moby/moby, 43199)
- https://docs.docker.com/engine/security/rootless/ and https://docs.docker.com/engine/security/userns-remap/
- https://docs.podman.io/en/latest/markdown/podman-run.1.html, podman-kill.1, podman-rm.1, podman-info.1,
  podman-image-inspect.1
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ptassess.sandbox import identity, processes
from ptassess.sandbox.channel import MANY_FILES
from ptassess.sandbox.launching import own_environment

NAMES = ("docker", "podman")  # in the order of preference
ANSWER_SECONDS = 5.0  # of an engine that only has to say something; one that hangs costs as much, once
END_SECONDS = 10.0  # until a client has noticed that its container is gone
_REMOVE_SECONDS = 20.0  # an engine has file systems to unmount
_OTHER_KERNELS = ("runsc", "kata")  # in the names of runtimes

# A container as a whole may hold no more; the watchdog looks at each worker long before.
_MEMORY_SHARE = 0.75
_MOST_PROCESSES = 4096  # threads count
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY")
_KEPT = ("TZ", "OPENBLAS_CORETYPE")


class Refused(Exception):
    """Why a container cannot be had, in one line that says what to do about it."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An engine that answers, and what follows from how it is set up.

    Args:
        command: its program.
        image: that containers are made of.
        user: and group that processes have, by their numbers in the container: outside, those are the judge's, so that
            it may signal them and read their memory. Where the judge is root, they own nothing.
        owner: the same user outside, if it is not the judge's.
        options: of ``run`` that only this engine needs.
    """

    command: str
    image: str
    user: tuple[int, int]
    owner: int | None = None
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its program, as one types it."""
        return Path(self.command).name

    def start(self, container: str, folder: str, code: str, *, quiet: bool = False) -> subprocess.Popen[bytes]:
        """Start a container; what is returned is the engine's client, whose end is no end of the container.

        Args:
            container: its name.
            folder: that it shares with this machine, at the same path.
            code: for Python.
            quiet: keep what it says on stderr, instead of passing it on.
        """
        memory = f"{int(_MEMORY_SHARE * os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')) >> 20}m"
        # Both engines hand proxies down, and a proxy's address may hold a password.
        environment = dict.fromkeys([*_PROXIES, *map(str.lower, _PROXIES)], "") | own_environment(folder)
        environment |= {name: os.environ[name] for name in _KEPT if name in os.environ}
        command = [
            self.command, "run", "--rm", "--name", container, "--pull", "never",
            "--user", "{}:{}".format(*self.user), "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--network", "none", "--ipc", "private", "--read-only",
            "--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=16m",  # noqa: S108  the container's
            "--mount", f"type=bind,source={folder},target={folder}", "--workdir", "/",
            "--pids-limit", str(_MOST_PROCESSES), "--memory", memory, "--memory-swap", memory, "--shm-size", "1g",
            "--ulimit", f"nofile={MANY_FILES}:{MANY_FILES}",
            "--log-driver", "none", "--no-healthcheck", *self.options,
            *(f"--env={name}={value}" for name, value in environment.items()),
            "--entrypoint", "python3", self.image, "-P", "-c", code,
        ]  # fmt: skip
        return subprocess.Popen(  # noqa: S603  the engine that the user has installed, and options of our own
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
            stderr=subprocess.PIPE if quiet else None,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is the judge's to handle
        )

    def remove(self, container: str, client: subprocess.Popen[bytes]) -> None:
        """End a container and its client; either may have ended already.

        A client that lives may be about to start the container. So it goes on until that is removed, and what it has
        made up to its own end is removed after that.

        Args:
            container: its name.
            client: as of ``start``.
        """
        if client.poll() == 0:  # the supervisor has ended itself, and the engine has removed what was left
            return
        deadline = time.monotonic() + END_SECONDS
        while True:
            was_dead = client.poll() is not None
            why = self._remove(container)
            if was_dead:
                break
            try:
                client.wait(0.2)
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    processes.kill_tree(client.pid)
                    client.wait()
        if why is not None:  # no exception: what else there is to clean up has to be
            remedy = f"type `{self.name} rm --force {container}`"
            sys.stderr.write(f"ptassess: the container {container} may still be there ({why}); {remedy}\n")

    def _remove(self, container: str) -> str | None:
        """Kill and remove a container; why that may have failed, or None."""
        with contextlib.suppress(Refused):
            # Alone, Podman's `rm --force` asks nicely first, for ten seconds.
            ask(self.command, "kill", container, seconds=_REMOVE_SECONDS)
        try:
            removed = ask(self.command, "rm", "--force", container, seconds=_REMOVE_SECONDS)
        except Refused as reason:
            return str(reason)
        is_gone = not removed.returncode or "no such container" in removed.stderr.lower()
        return None if is_gone else last_line(removed.stderr)


def examine(command: str) -> Engine:
    """Ask an engine how it is set up; nothing runs yet, and there is no image yet.

    Docker's ``info`` and Podman's have nothing in common, and Podman may be installed as ``docker``.

    Args:
        command: its program.

    Raises:
        Refused: if it does not answer, or is such that its containers cannot be used.
    """
    name = Path(command).name
    answer = ask(command, "info", "--format", "json")
    owner = identity.for_worker(0)
    user = (owner, owner) if owner is not None else (os.getuid(), os.getgid())
    options: list[str] = []
    try:
        told = json.loads(answer.stdout)
        if "host" in told:
            host = told["host"]
            kernel, runtime, security = host["kernel"], host["ociRuntime"]["name"], host["security"]
            # Root's Podman asks for limits as high as they go, which a root without CAP_SYS_RESOURCE may not raise.
            of_root = ["--ulimit", f"nproc={_MOST_PROCESSES}:{_MOST_PROCESSES}"]
            options += ["--userns", "keep-id"] if security["rootless"] else of_root
            has_labels = security["selinuxEnabled"]
        else:
            kernel, runtime = told["KernelVersion"], told["DefaultRuntime"]
            flags = {part for option in told["SecurityOptions"] or () for part in option.split(",")}
            options += ["--userns", "host"] if "name=userns" in flags else []
            user = (0, 0) if "name=rootless" in flags else user  # outside, that is whoever has started the engine
            has_labels = "name=selinux" in flags
    except (ValueError, KeyError, TypeError):
        kernel = ""
    if answer.returncode or not kernel:  # Docker's client fills in the form even if there is nobody to ask
        raise Refused(_no_answer(name, last_line(answer.stderr)))
    if any(other in runtime for other in _OTHER_KERNELS):
        raise Refused(
            f"{name}'s default runtime is {runtime}, whose processes live on a kernel of their own: the judge can hand "
            f"them no descriptors and look into none of them; make runc or crun the default that `{name} info` shows"
        )
    if kernel != platform.release():
        raise Refused(
            f"{name} runs its containers on another kernel ({kernel}, here it is {platform.release()}); run all of "
            "ptassess in a container there, as docs/containers.md shows"
        )
    # Else SELinux keeps the supervisor from the judge's socket; Landlock, seccomp and the lack of capabilities stay.
    options += ["--security-opt", "label=disable"] if has_labels else []
    return Engine(command=command, image="", user=user, owner=owner, options=tuple(options))


def _no_answer(name: str, said: str) -> str:
    if "permission denied" in said.lower():
        remedy = f"type `sudo usermod --append --groups {name} $USER`, then log in again"
    elif "cannot connect" in said.lower():
        remedy = f"start it: `sudo systemctl start {name}`"
    else:
        remedy = f"see that `{name} info` shows a server, version 23 or newer"
    return f"{name} does not answer ({said}); {remedy}"


def ask(command: str, *arguments: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of an engine's commands that come to an end by themselves.

    Args:
        command: its program.
        arguments: of the command.
        seconds: most that it may take, if not ``ANSWER_SECONDS``.

    Raises:
        Refused: if it does not answer.
    """
    name, seconds = Path(command).name, seconds or ANSWER_SECONDS
    try:
        return subprocess.run(  # noqa: S603  as in Engine.start
            [command, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"{name} did not answer within {seconds:g} s; see that `{name} info` does") from None
    except OSError as error:
        raise Refused(f"{name} cannot be run ({error.strerror}); see that `{name} info` can") from None


def last_line(text: str) -> str:
    """What a client says at last, without its hints at its own help.

    Args:
        text: that it has written to stderr.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("Run '", "See '"))] or ["it said nothing"]
    return said[-1].rstrip(".")
