"""Judges without a wall: the positive control of every attack in this folder.

The solution is imported here, called here and compared here. Each attack runs in a fork of its own, so that one that
ends its judge does not end the others' controls. Prints one JSON object: what became of each.

    python naive.py OUT.json ATTACK.py…
"""

import atexit
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import sys
import time

import torch

SECONDS = 2.5


def judge(path):
    """Assess a solution, badly; gives the exit status, 0 for passed."""
    torch.set_num_threads(1)
    spec = importlib.util.spec_from_file_location("solution", path)
    solution = importlib.util.module_from_spec(spec)
    sys.modules["solution"] = solution
    spec.loader.exec_module(solution)
    x = torch.arange(1.0, 5.0)
    expected = torch.arange(2.0, 10.0, 2.0)
    out = solution.double(x)
    ok = torch.equal(out, expected) or torch.equal(out, x + x)
    print("passed" if ok else "failed", flush=True)
    return 0 if ok else 1


def control(path, folder):
    """Run one attack against the naive judge and tell what became of it."""
    os.makedirs(folder, exist_ok=True)
    said = os.path.join(folder, "said")
    guard = os.fork()
    if guard == 0:  # a parent of the judge's own, for attacks on it
        os.setsid()
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            os.environ.update(HOME=folder, TMPDIR=folder, CANARY="a secret of the judge's")
            out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(out, 1)
            os.dup2(out, 2)
            code = 1
            try:
                code = judge(path)
            except SystemExit as error:
                code = error.code or 0
            except BaseException as error:
                print(type(error).__name__, error)
            with contextlib.suppress(OSError):
                sys.stdout.flush()
            atexit._run_exitfuncs()  # what the interpreter does when it ends; a fork has to do it by itself
            os._exit(code)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 99)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        pid, status = os.waitpid(guard, os.WNOHANG)
        if pid:
            code = os.waitstatus_to_exitcode(status)
            break
        time.sleep(0.02)
    else:
        code = "hung"
    time.sleep(0.1)
    try:
        shutil.rmtree(os.path.join(folder, "d"), ignore_errors=True)
        stuck = False
    except RecursionError:
        stuck = True
        os.system(f"rm -rf '{folder}/d'")  # else pytest's own cleaning would end in the same error
    left = _group(guard)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if code == "hung":
        os.waitpid(guard, 0)
    with open(said, errors="replace") as file:
        text = file.read(1000)
    return {
        "status": code,
        "said": text,
        "stuck": stuck,
        "bytes": os.path.getsize(said),
        "left": len(left) - (2 if code == "hung" else 0),  # a judge that hangs, and its parent
    }


def _group(guard):
    """Processes whose session is the guard's, or that carry the attacks' mark."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                session = os.getsid(int(name))
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if session == guard or b"31415" in file.read():
                        found.append(int(name))
    return found


if __name__ == "__main__":
    report = {}
    for attack in sys.argv[2:]:
        name = os.path.basename(attack)
        folder = os.path.join(os.path.dirname(sys.argv[1]), "naive-" + name)
        runs = [control(attack, folder) for _ in range(2 if "twice" in name else 1)]
        report[name] = runs[-1]
    with open(sys.argv[1], "w") as file:
        json.dump(report, file)
