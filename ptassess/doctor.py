"""What this machine and this installation can do, and what is missing."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any


def examine() -> dict[str, Any]:
    """Look at Python, torch, the devices, the levels of isolation, the content and the disk.

    Returns:
        Plain data; ``problems`` holds one line for each thing that needs a hand.
    """
    from ptassess import keys
    from ptassess.errors import PtassessError
    from ptassess.machine import machine_facts

    problems: list[str] = []
    devices = ["cpu"]
    try:
        import torch

        if (accelerator := torch.accelerator.current_accelerator(check_available=True)) is not None:
            devices.append(str(accelerator.type))
    except ImportError as error:
        problems.append(f"torch cannot be imported ({error}); pip install torch torchvision")
    challenges: dict[str, Any] = {}
    levels: dict[str, str] = {}
    try:
        from ptassess.content import roots
        from ptassess.registry import catalogue

        found = catalogue()
        challenges = {slug: bool(found.private.get(slug)) for slug in found.challenges}
        levels = {level.name: level.probe() or "ok" for level in found.levels()}
        problems += found.problems
        places = {root.name: str(root.path) for root in roots()}
    except PtassessError as error:
        problems.append(str(error))
        places = {}
    try:
        own = {name: known.fingerprint for name, known in keys.trusted().items() if name in keys.own()}
    except PtassessError as error:
        problems.append(str(error))
        own = {}
    return {
        "ptassess": metadata.version("ptassess"),
        "grader": importlib.util.find_spec("ptassess_grader") is not None or "checkout" in places,
        "python": platform.python_version(),
        "devices": devices,
        "isolation": levels,
        "content": places,
        "challenges": challenges,
        "keys": own,
        "free_disk_gib": round(shutil.disk_usage(Path.cwd()).free / 2**30, 1),
        "machine": machine_facts().facts,
        "problems": problems,
    }


def print_findings(findings: dict[str, Any]) -> None:
    """Print what was found.

    Args:
        findings: of ``examine``.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)

    def line(name: str, value: object) -> None:
        console.print(f"[bold]{name:<12}[/bold] {escape(str(value))}", soft_wrap=True)

    machine = findings["machine"]
    line("ptassess", f"{findings['ptassess']}, Python {findings['python']}, torch {machine.get('torch', 'missing')}")
    line("machine", f"{machine['cpu']}, {machine['threads']} threads, {machine['memory_gib']} GiB, {machine['system']}")
    line("devices", ", ".join(findings["devices"]))
    for name, state in findings["isolation"].items():
        line("isolation" if name == "inprocess" else "", f"{name}: {state}")
    for name, path in findings["content"].items():
        line("content", f"{name} ({path})")
    private = [slug for slug, has in findings["challenges"].items() if has]
    line("challenges", f"{', '.join(findings['challenges']) or 'none'}; private checks for {len(private)} of them")
    signers = ", ".join(f"{name} ({fingerprint})" for name, fingerprint in findings["keys"].items())
    line("key", signers or "none; `ptassess keys new NAME` makes one, to sign verified runs with")
    line("disk", f"{findings['free_disk_gib']} GiB free here")
    for problem in findings["problems"]:
        console.print(f"[yellow]problem[/yellow]      {escape(problem)}", soft_wrap=True)
    if not findings["problems"]:
        console.print("[green]no problems[/green]")
