"""A process of the judge's user that has nothing to do with the candidate, and notes whatever is done to it.

Run as a file, with a folder and a secret as its arguments. It holds the secret in its memory, in its command line, in
an open file without a name, and behind every kind of socket. Its first line on stdout says where; it ends with stdin.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

_LET_ALONE = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGCONT, signal.SIGWINCH}
_PR_SET_PTRACER = 0x59616D61  # linux/prctl.h
_TICK = 0.02


def main(folder: Path, secret: str) -> None:
    """Serve until stdin ends.

    Args:
        folder: for the socket with a path, and for the notes.
        secret: what is to be kept.
    """
    # Where the kernel's yama lets only ancestors look in, it lets anybody look into this one: a control can succeed.
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
    notes = os.open(folder / "notes", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(text: str) -> None:
        os.write(notes, f"{text}\n".encode())

    for heard in set(signal.Signals) - _LET_ALONE:
        signal.signal(heard, lambda number, _: note(f"signal {signal.Signals(number).name}"))
    page = mmap.mmap(-1, mmap.PAGESIZE)
    page.write(secret.encode())
    before = bytes(page)
    unnamed = os.open(folder / "unnamed", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    (folder / "unnamed").unlink()
    os.write(unnamed, secret.encode())
    doors = _doors(folder)
    told: dict[str, Any] = {
        "pid": os.getpid(),
        "address": ctypes.addressof(ctypes.c_char.from_buffer(page)),
        "length": len(secret),
        "open": unnamed,
    } | {name: _address(door) for name, door in doors.items()}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    by_number = {door.fileno(): (name, door) for name, door in doors.items()}
    while True:
        ready, _, _ = select.select([0, *by_number], [], [], _TICK)
        if page[:] != before:
            note("memory")
            page[:] = before
        for number in ready:
            if number == 0:
                return
            name, door = by_number[number]
            note(name)
            _answer(door, secret.encode())


def _doors(folder: Path) -> dict[str, socket.socket]:
    """A socket of every kind that this machine has."""
    wanted: list[tuple[str, int, int, Any]] = [
        ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
        ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
        ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0ptassess-bystander-{os.getpid()}"),
    ]
    doors = {}
    for name, family, kind, address in wanted:
        try:
            door = socket.socket(family, kind)
            door.bind(address)
            if kind == socket.SOCK_STREAM:
                door.listen()
        except OSError:
            continue
        doors[name] = door
    return doors


def _address(door: socket.socket) -> Any:
    name = door.getsockname()
    return name.decode() if isinstance(name, bytes) else name[1] if isinstance(name, tuple) else name


def _answer(door: socket.socket, secret: bytes) -> None:
    if door.type == socket.SOCK_DGRAM:
        _, sender = door.recvfrom(64)
        door.sendto(secret, sender)
        return
    visitor, _ = door.accept()
    with visitor:
        visitor.send(secret)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
