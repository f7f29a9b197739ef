"""Descriptors under way are counted by user: a worker that has many there keeps no judge of that user from sending."""

import os
import subprocess
import sys

import pytest

from ptassess.sandbox import Limits
from ptassess.sandbox.levels import BUILT_IN, INPROCESS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux counts them")

AS_ORDINARY_USER = """
import array, errno, os, resource, socket, sys, threading, time

def become_ordinary():
    if os.getuid() == 0:  # whom no such limit binds
        os.setgroups([])
        os.setresgid(12345, 12345, 12345)
        os.setresuid(12345, 12345, 12345)

def fill(most=10_000):
    kept, number = [], 0
    descriptors = array.array("i", [2] * 253)
    try:
        while number < most:
            kept.append(socket.socketpair())
            kept[-1][0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            number += 253
    except OSError as error:
        assert error.errno == errno.ETOOMANYREFS, error
    return kept, number
"""
RETRIES = """
from ptassess.sandbox import channel
become_ordinary()
resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
kept, number = fill()
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
looks = []
try:
    channel.send_files(ours, b"a", [0], time.monotonic() + 0.1, meanwhile=lambda: looks.append(1))
except OSError as error:
    print(number, errno.errorcode[error.errno], bool(looks))
threading.Timer(0.3, lambda: [end.close() for pair in kept for end in pair]).start()
channel.send_files(ours, b"b", [0], time.monotonic() + 20)
print(socket.recv_fds(theirs, 10, 1)[0])
"""
HOARDS = (
    AS_ORDINARY_USER
    + """
def hoard():
    global kept
    kept, number = fill(1500)
    return number
"""
)


def test_who_has_too_many_under_way_tries_again_until_its_deadline():
    code = AS_ORDINARY_USER + RETRIES
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert found.stdout.splitlines() == ["759 ETOOMANYREFS True", "b'b'"], found.stderr


@pytest.mark.skipif(sys.platform == "linux" and os.getuid() == 0, reason="root's workers are other users than root")
@pytest.mark.parametrize("level", [level for level in BUILT_IN if level is not INPROCESS], ids=lambda level: level.name)
def test_a_worker_that_hoards_them_keeps_no_other_from_being_started(tmp_path, level):
    if level.probe():
        pytest.skip(level.probe())
    (tmp_path / "hoards.py").write_text(HOARDS)
    opened = []
    try:
        for _ in range(2):
            opened.append(level.open([]))
            solution = opened[-1].solution(tmp_path / "hoards.py", limits=Limits(), shown_as="hoards.py")
            opened.append(solution)
            assert solution.hoard() < 1000
    finally:
        for thing in reversed(opened):
            thing.close()
