"""The filter of system calls: its numbers, its program on either architecture, and what the kernel makes of it."""

import errno
import platform
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ptassess.sandbox import seccomp

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HEADERS = {"x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "/usr/include/asm-generic/unistd.h"}
JUDGE = 4711
DONE = -1  # of ``ask``: the caller is told that it was done, and it was not
needs_filters = pytest.mark.skipif(sys.platform != "linux" or seccomp.why_not(), reason="no seccomp filters here")


def carried_out(program, *, architecture, number, args):
    """What the kernel's interpreter would return; the registers and the offsets are those of linux/seccomp.h."""
    words = {0: number, 4: architecture}
    for place in range(6):
        value = (args[place] if place < len(args) else 0) & (1 << 64) - 1
        words |= {16 + 8 * place: value & 0xFFFFFFFF, 20 + 8 * place: value >> 32}
    at = accumulator = 0
    while True:
        code, yes, no, operand = program[at]
        at += 1
        if code == 0x06:
            return operand
        if code == 0x20:
            accumulator = words[operand]
        else:
            holds = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: bool(accumulator & operand),
            }[code]
            at += yes if holds else no


@pytest.fixture(params=ARCHITECTURES)
def ask(request):
    """``ask("kill", pid, signal)`` gives the error's number, 0 if it is allowed, None if there is no such call."""
    machine = request.param
    column = list(ARCHITECTURES).index(machine)
    programs = {
        "alone": seccomp.filter_for(machine, protected=(JUDGE, JUDGE + 1)),
        "own": seccomp.filter_for(machine, families=(1, 2, 10, 16)),
        "served": seccomp.filter_for(machine, families=(1, 2), streams_only=True),
        "kept": seccomp.filter_for(machine, metadata=False),
    }

    def result(name, *args, **options):
        program = programs[options.get("program", "alone")]
        number = options.get("number", seccomp._NUMBERS.get(name, (0, 0))[column])
        if number is None:
            return None
        given = carried_out(program, architecture=ARCHITECTURES[machine], number=number, args=args)
        return 0 if given == seccomp.ALLOW else given & 0xFFFF or DONE

    return result


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_are_those_of_the_kernels_headers(machine):
    header = Path(HEADERS[machine])
    if not header.exists():
        pytest.skip(f"no {header} here")
    found = {}
    for name, number in re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", header.read_text(), re.MULTILINE):
        found.setdefault(name, int(number))
    column = list(ARCHITECTURES).index(machine)
    newest = max(found.values())
    for name, numbers in seccomp._NUMBERS.items():
        if (numbers[column] or 0) <= newest:  # else newer than the headers
            assert found.get(name) == numbers[column], name


def test_every_number_is_used():
    conditional = {"clone", "clone3", "socket", "kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open"}
    conditional |= {"prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler"}
    conditional |= {"setpriority", "ioprio_set", "fcntl", "ioctl", "sendto", "sendmsg", "sendmmsg"}
    conditional |= {*seccomp._TIMERS, "prctl", "setsockopt", "socketpair"}
    conditional |= {*seccomp._METADATA_DENIED, *seccomp._MODES_KEPT, *seccomp._TIMES_KEPT}
    assert {*seccomp.denied()} | conditional == {*seccomp._NUMBERS}


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("socket", 2, 1, 0), 0),
        (("socket", 2, 1 | 0o2004000, 6), 0),  # SOCK_CLOEXEC, SOCK_NONBLOCK
        (("socket", 1, 1, 0), 0),
        (("socket", 10, 1, 0), errno.EAFNOSUPPORT),
        *((("socket", 2, kind, 0), errno.EPROTONOSUPPORT) for kind in (2, 3, 4, 5, 6, 10)),
        (("socket", 2, 1, 262), errno.EPROTONOSUPPORT),  # MPTCP
        (("socket", 2, 1, 132), errno.EPROTONOSUPPORT),  # SCTP
        (("sendto", 3, 0, 1, 0x4000), 0),
        (("sendto", 3, 0, 1, 0x20004000), errno.EPERM),  # MSG_FASTOPEN
        (("sendmsg", 3, 0, 0x20000000), errno.EPERM),
        (("sendmmsg", 3, 0, 1, 0x20000000), errno.EPERM),
    ],
)
def test_a_server_s_sockets_are_such_as_landlock_keeps_from_connecting(ask, call, error):
    assert ask(*call, program="served") == error


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("socket", 2, 2, 0), 0),
        (("socket", 10, 1, 6), 0),
        (("socket", 16, 3, 0), 0),
        (("socket", 16, 3, 12), errno.EAFNOSUPPORT),  # NETLINK_NETFILTER
        (("socket", 2, 3, 12), 0),
        (("socket", 17, 3, 0), errno.EAFNOSUPPORT),  # AF_PACKET
        (("kill", -1, 9), errno.EPERM),
        (("ioctl", 0, 0x5412, 0), errno.EPERM),
    ],
)
def test_in_a_network_of_its_own_there_are_its_sockets_and_its_interfaces(ask, call, error):
    assert ask(*call, program="own") == error


@pytest.mark.parametrize(
    ("call", "error"),
    [
        *(((name, 0, 0, 0), errno.EPERM) for name in seccomp._METADATA_DENIED),
        (("chmod", 1, 0), DONE),
        (("fchmod", 3, 0), DONE),
        (("fchmodat", -100, 1, 0), DONE),
        (("fchmodat2", -100, 1, 0, 0), DONE),
        (("utime", 1, 2), DONE),
        (("utimes", 1, 2), DONE),
        (("futimesat", -100, 1, 2), DONE),
        (("utimensat", -100, 1, 2, 0), DONE),
        (("utimensat", 3, 0, 2, 0), DONE),  # futimens(3)
        (("utimensat", 3, 0, 0, 0), DONE),
        (("utimensat", -100, 1, 0, 0), errno.EPERM),  # to now: Path.touch makes the file then
        (("utimes", 1, 0), errno.EPERM),
        (("ioctl", 3, 0x40086602, 1), errno.EPERM),  # FS_IOC_SETFLAGS
        (("ioctl", 3, 0x5401, 1), 0),
        (("fcntl", 3, 1024, 0), errno.EPERM),  # F_SETLEASE
        (("fcntl", 3, 1033, 0), 0),
        (("ioctl", 0, 0x5412, 0), errno.EPERM),  # as ever
    ],
)
def test_modes_owners_times_and_attributes_can_be_kept(ask, call, error):
    assert ask(*call, program="kept") in {error, None}
    assert ask(*call) in {0, None} or call[1:3] == (0, 0x5412)


def test_what_is_denied_is_denied_and_what_is_around_it_is_not(ask):
    for name in seccomp.denied():
        assert ask(name) == errno.EPERM, name
    assert ask("clone3") == errno.ENOSYS  # libraries take clone then
    assert ask("", number=500) == 0  # of kernels to come


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("kill", JUDGE, signal.SIGKILL), errno.EPERM),
        (("kill", JUDGE + 1, 0), errno.EPERM),
        (("kill", -JUDGE, signal.SIGKILL), errno.EPERM),
        (("kill", -1, signal.SIGKILL), errno.EPERM),
        (("kill", JUDGE + 2, signal.SIGTERM), 0),
        (("kill", 0, signal.SIGTERM), 0),  # its own process group
        (("tgkill", JUDGE, JUDGE + 5, signal.SIGKILL), errno.EPERM),
        (("tgkill", 12, 13, signal.SIGABRT), 0),
        (("rt_sigqueueinfo", JUDGE, signal.SIGKILL, 0), errno.EPERM),
        (("rt_tgsigqueueinfo", JUDGE, JUDGE, signal.SIGKILL, 0), errno.EPERM),
        (("pidfd_open", JUDGE, 0), errno.EPERM),
        (("pidfd_open", 12, 0), 0),
        (("prlimit64", JUDGE, 0, 1, 0), errno.EPERM),
        (("prlimit64", 0, 0, 1, 0), 0),
        (("sched_setaffinity", JUDGE, 8, 1), errno.EPERM),
        (("sched_setaffinity", 0, 8, 1), 0),
        (("setpriority", 0, 0, 5), 0),
        (("setpriority", 0, 12, 5), errno.EPERM),
        (("setpriority", 2, 0, 5), errno.EPERM),  # of all of a user's
        (("ioprio_set", 1, 0, 5), 0),
        (("ioprio_set", 3, 0, 5), errno.EPERM),
        (("socket", 1, 1, 0), 0),
        (("socket", 2, 1, 0), errno.EAFNOSUPPORT),
        (("socket", 16, 3, 0), errno.EAFNOSUPPORT),
        (("socket", 1 << 32 | 2, 1, 0), errno.EAFNOSUPPORT),
        (("clone", 0x11), 0),
        (("clone", 0x10000011), errno.EPERM),  # CLONE_NEWUSER
        (("clone", 0x00020011), errno.EPERM),  # CLONE_NEWNS
        (("fcntl", 3, 1, 0), 0),
        (("fcntl", 3, 8, JUDGE), errno.EPERM),
        (("ioctl", 0, 0x5412, 0), errno.EPERM),
        (("ioctl", 0, 0x5401, 0), 0),
        *((("setsockopt", 3, 1, option, 0, 4), DONE) for option in (7, 8, 32, 33)),  # SO_SNDBUF and its like
        (("setsockopt", 3, 1, 2, 0, 4), 0),  # SO_REUSEADDR
        (("setsockopt", 3, 6, 7, 0, 4), 0),  # of TCP
        (("fcntl", 3, 1031, 1 << 20), errno.EPERM),  # F_SETPIPE_SZ
        (("prctl", 4, 0), DONE),  # PR_SET_DUMPABLE
        (("prctl", 1, 9), 0),  # PR_SET_PDEATHSIG
        (("socketpair", 1, 1, 0), 0),
        (("socketpair", 30, 1, 0), errno.EAFNOSUPPORT),  # AF_TIPC
    ],
)
def test_arguments_decide(ask, call, error):
    assert ask(*call) == error


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_in_a_race_there_are_no_timers(machine):
    column = list(ARCHITECTURES).index(machine)
    for name in seccomp._TIMERS:
        if (number := seccomp._NUMBERS[name][column]) is not None:
            for timers, wanted in ((False, errno.EPERM), (True, 0)):
                program = seccomp.filter_for(machine, timers=timers)
                given = carried_out(program, architecture=ARCHITECTURES[machine], number=number, args=(0, 0, 0))
                assert given & 0xFFFF == wanted


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_of_no_family_there_are_no_sockets(machine):
    program = seccomp.filter_for(machine, families=())
    column = list(ARCHITECTURES).index(machine)
    for name in ("socket", "socketpair"):
        number = seccomp._NUMBERS[name][column]
        given = carried_out(program, architecture=ARCHITECTURES[machine], number=number, args=(1, 1, 0))
        assert given & 0xFFFF == errno.EAFNOSUPPORT


def test_other_families_can_be_allowed():
    program = seccomp.filter_for("x86_64", families=(1, 2, 10))
    told = [
        carried_out(program, architecture=ARCHITECTURES["x86_64"], number=41, args=(family,)) == seccomp.ALLOW
        for family in (1, 2, 3, 10, 16)
    ]
    assert told == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("machine", "architecture", "number"),
    [("x86_64", 0x40000003, 1), ("aarch64", 0x40000028, 1), ("x86_64", 0xC000003E, 0x40000000 | 59)],
)
def test_another_set_of_numbers_ends_the_process(machine, architecture, number):
    program = seccomp.filter_for(machine)
    assert carried_out(program, architecture=architecture, number=number, args=()) == seccomp.KILL


def test_an_unknown_machine_is_told():
    with pytest.raises(ValueError, match="no system call numbers are known for riscv64"):
        seccomp.filter_for("riscv64")


def test_why_not_names_the_machine(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert seccomp.why_not() == "knows no system calls of riscv64, only of x86_64 and aarch64"


BEHIND_IT = """
import ctypes, errno, os, socket, subprocess, sys, threading
from ptassess.sandbox import seccomp

libc = ctypes.CDLL(None, use_errno=True)
go, done = threading.Event(), []
def look():
    go.wait()
    done.append(libc.unshare(0x10000000))
early = threading.Thread(target=look)
early.start()

seccomp.install(protected=(os.getppid(),))
go.set()
early.join()
assert done == [-1]  # a thread that was there before

def refused(call, *args):
    try:
        call(*args)
    except OSError as error:
        return errno.errorcode[error.errno]

print(refused(os.kill, os.getppid(), 0), refused(os.kill, -1, 0), refused(os.pidfd_open, os.getppid()))
print(refused(socket.socket, socket.AF_INET), refused(socket.socket, socket.AF_UNIX), refused(socket.socketpair))
print(refused(os.memfd_create, "x"), refused(os.sched_setaffinity, os.getppid(), {0}), libc.shmget(0, 4096, 0o600))
sys.stdout.flush()
subprocess.run([sys.executable, "-c", "import os; os.memfd_create('x')"], stderr=subprocess.STDOUT)
os.kill(os.getpid(), 0)
"""


@needs_filters
def test_the_kernel_holds_to_it_in_all_threads_and_children():
    found = subprocess.run([sys.executable, "-c", BEHIND_IT], capture_output=True, text=True, timeout=60, check=False)
    assert found.stdout.splitlines() == [
        "EPERM EPERM EPERM",
        "EAFNOSUPPORT None None",
        "EPERM EPERM -1",
        "Traceback (most recent call last):",
        '  File "<string>", line 1, in <module>',
        "PermissionError: [Errno 1] Operation not permitted",
    ], found.stderr
    assert found.returncode == 0, found.stderr


KEPT = """
import os, shutil, tarfile, zipfile
from pathlib import Path
from ptassess.sandbox import seccomp

Path("a").write_text("a")
Path("folder").mkdir()
Path("folder/b").write_text("b")
with zipfile.ZipFile("z.zip", "w") as archive:
    archive.write("folder/b")
with tarfile.open("t.tar", "w") as archive:
    archive.add("folder")
reading = os.open("a", os.O_RDONLY)
before = os.stat("a")
seccomp.install(metadata=False)

for change in (
    lambda: os.chmod("a", 0),
    lambda: os.fchmod(reading, 0),
    lambda: os.utime("a", (1, 1)),
    lambda: os.utime("a"),
    lambda: os.utime(reading, (1, 1)),
    lambda: os.setxattr("a", "user.left", b"x"),
    lambda: os.setxattr(reading, "user.left", b"x"),
    lambda: os.chown("a", os.getuid(), os.getgid()),
):
    try:
        change()
    except PermissionError:
        pass
after = os.stat("a")
assert (after.st_mode, after.st_mtime_ns, after.st_ctime_ns) == (before.st_mode, before.st_mtime_ns, before.st_ctime_ns)

shutil.copy("a", "c")
shutil.copy2("a", "d")
shutil.copytree("folder", "e")
with zipfile.ZipFile("z.zip") as archive:
    archive.extractall("f")
with tarfile.open("t.tar") as archive:
    archive.extractall("g")
Path("h").touch()
Path("a").touch()
print(*sorted(str(path) for path in Path().rglob("[a-h]") if path.is_file()))
"""


@needs_filters
def test_what_keeps_modes_and_times_lets_files_be_copied_unpacked_and_touched(tmp_path):
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KEPT],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert found.stdout.split() == ["a", "c", "d", "e/b", "f/folder/b", "folder/b", "g/folder/b", "h"], found.stderr
