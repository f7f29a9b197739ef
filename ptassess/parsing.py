"""Call a function of ours on many source texts in a process of its own, so that none of them can do harm.

Nothing of a text is imported or executed; but Python's parser may take long, ask for much memory or, for a text that is
nested deeply enough, end its process (https://docs.python.org/3/library/ast.html#ast.parse). Here that costs one text.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MEMORY_MB = 1024  # address space; a file of 256 KiB takes some 150 MB as a tree
_SECONDS_EACH = 5.0  # a file of 256 KiB takes a second or two

# It knows the standard library only, and nothing of its environment: -I.
_CHILD = """
import importlib, json, resource, signal, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["folder"])
function = getattr(importlib.import_module(asked["module"]), asked["function"])
for kind, most in ((resource.RLIMIT_AS, asked["memory"]), (resource.RLIMIT_CORE, 0)):
    try:
        resource.setrlimit(kind, (most, most))
    except (OSError, ValueError):
        pass  # not on this system
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
sys.setrecursionlimit(3_000)
print("ready", flush=True)
for text in asked["texts"]:
    told = {}
    try:
        signal.setitimer(signal.ITIMER_REAL, asked["seconds"])
        told["made"] = function(text, **asked["options"])
    except SyntaxError as error:
        told["failed"] = f"does not parse: line {error.lineno or 0}: {error.msg}"
    except RecursionError:
        told["failed"] = "nested too deeply to be read"
    except MemoryError:
        told["failed"] = "takes too much memory to be read, or is nested too deeply"
    except TimeoutError:
        told["failed"] = f"takes longer than {asked['seconds']:g} s to be read"
    except ValueError as error:
        told["failed"] = f"does not parse: {error}"
    except Exception as error:
        told["failed"] = f"could not be read: {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout.write(json.dumps(told) + "\\n")
    sys.stdout.flush()
"""


def each(  # noqa: PLR0913  keyword-only
    texts: Mapping[str, str],
    module: Path,
    function: str,
    *,
    seconds: float = 20.0,
    seconds_each: float = _SECONDS_EACH,
    options: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Call a function on each text.

    Args:
        texts: by name.
        module: the file that holds the function; it may import the standard library and its neighbours, nothing else.
        function: its name; takes a text and the options, and returns plain data.
        seconds: for all of them, wall time.
        seconds_each: for one.
        options: keyword arguments, plain data.

    Returns:
        What it made, by name; and why there is nothing, in a few words, by name.

    Raises:
        RuntimeError: if the function cannot be imported.
    """
    made: dict[str, Any] = {}
    failed: dict[str, str] = {}
    waiting = list(texts)
    end = time.monotonic() + seconds
    while waiting:
        left = end - time.monotonic()
        if left <= 0:
            failed |= dict.fromkeys(waiting, f"not looked at: the others took {seconds:g} s")
            break
        asked = {
            "folder": str(module.resolve().parent),
            "module": module.stem,
            "function": function,
            "memory": _MEMORY_MB * 2**20,
            "seconds": seconds_each,
            "options": dict(options or {}),
            "texts": [texts[name] for name in waiting],
        }
        said = _ask(json.dumps(asked).encode(), left)
        for name, line in zip(waiting, said, strict=False):
            told = json.loads(line)
            if "made" in told:
                made[name] = told["made"]
            else:
                failed[name] = told["failed"]
        waiting = waiting[len(said) :]
        if waiting:
            failed[waiting.pop(0)] = "could not be read: its reader did not survive it"
    return made, failed


def _ask(question: bytes, seconds: float) -> list[bytes]:
    """The whole lines that a child said about texts before it ended, or was ended."""
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", _CHILD]
    with subprocess.Popen(  # noqa: S603  our own interpreter and program; the texts come as data
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}, cwd="/"
    ) as child:
        try:
            said, complaints = child.communicate(question, timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            said, complaints = child.communicate()
    ready, *lines = said.split(b"\n")[:-1] or [b""]
    if ready != b"ready" and child.returncode > 0:  # no text was looked at: the module could not be imported
        told = complaints.decode(errors="replace").strip().splitlines()
        raise RuntimeError(told[-1] if told else f"the reader ended with status {child.returncode}")
    return lines
