"""Seccomp: which system calls a process, and all that it starts, can make no more. Linux 4.14 or newer.

See seccomp(2). The filter lists what is denied: torch, its compilers and its data loaders ask for most of the rest, and
a list of what is allowed would break with each of their releases. What is denied falls into the groups of ``_DENIED``,
or depends, for a few, on an argument (``filter_for``). An argument that is a pointer cannot be looked at: the kernel
reads it later, when it may have changed.

Libraries that were looked at: libseccomp's and pyseccomp's Python bindings need a C library that wheels do not bring
along; the package ``landlock`` does Landlock alone.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

# Numbers on x86_64 and on aarch64: asm/unistd_64.h and asm-generic/unistd.h of Linux. The second set has none of some.
_NUMBERS: dict[str, tuple[int, int | None]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "clone": (56, 220), "clone3": (435, 435),
    "delete_module": (176, 106), "fanotify_init": (300, 262), "fcntl": (72, 25), "finit_module": (313, 273),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fsopen": (430, 430), "fspick": (433, 433),
    "init_module": (175, 105), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425), "ioctl": (16, 29), "ioprio_set": (251, 30), "kcmp": (312, 272),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "kill": (62, 129),
    "lookup_dcookie": (212, 18), "memfd_create": (319, 279), "memfd_secret": (447, 447), "migrate_pages": (256, 238),
    "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429), "move_pages": (279, 239),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "msgctl": (71, 187), "msgget": (68, 186), "msgrcv": (70, 188),
    "msgsnd": (69, 189), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "pivot_root": (155, 41),
    "prlimit64": (302, 261), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "reboot": (169, 142), "request_key": (249, 218), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "sched_setaffinity": (203, 122), "sched_setattr": (314, 274),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "semctl": (66, 191), "semget": (64, 190),
    "semop": (65, 193), "semtimedop": (220, 192), "sendmmsg": (307, 269), "sendmsg": (46, 211), "sendto": (44, 206),
    "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268), "setpriority": (141, 140),
    "settimeofday": (164, 170), "shmat": (30, 196), "shmctl": (31, 195), "shmget": (29, 194), "socket": (41, 198),
    "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116), "tgkill": (234, 131), "tkill": (200, 130),
    "umount2": (166, 39), "unshare": (272, 97), "userfaultfd": (323, 282), "vhangup": (153, 58),
    "chmod": (90, None), "chown": (92, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "fchown": (93, 55), "fchownat": (260, 54), "file_setattr": (469, 469), "fremovexattr": (199, 16),
    "fsetxattr": (190, 7), "futimesat": (261, None), "inotify_add_watch": (254, 27), "lchown": (94, None),
    "lremovexattr": (198, 15), "lsetxattr": (189, 6), "removexattr": (197, 14), "removexattrat": (466, 466),
    "prctl": (157, 167), "setsockopt": (54, 208), "setxattr": (188, 5), "setxattrat": (463, 463),
    "socketpair": (53, 199), "utime": (132, None), "utimensat": (280, 88), "utimes": (235, None), "vmsplice": (278, 75),
    "alarm": (37, None), "setitimer": (38, 103), "timer_create": (222, 107), "timerfd_create": (283, 85),
}  # fmt: skip

_DENIED = {
    "looks into other processes, or writes there": (
        "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
        "pidfd_getfd", "perf_event_open", "move_pages", "migrate_pages",
    ),
    "has had many of the kernel's faults": (
        "bpf", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "add_key", "request_key",
        "keyctl", "fanotify_init", "lookup_dcookie",
    ),
    "holds memory that counts for no process, and outlives it": (
        "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "semget", "semop", "semctl", "semtimedop",
        "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "vmsplice",
    ),
    "makes namespaces and mounts, in which one is root": (
        "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "open_tree_attr", "move_mount",
        "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
    ),
    "opens files by something else than a path, which Landlock does not see": (
        "open_by_handle_at", "name_to_handle_at",
    ),
    "is root's": (
        "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "swapon", "swapoff", "reboot",
        "sethostname", "setdomainname", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "acct",
        "quotactl", "quotactl_fd", "syslog", "vhangup",
    ),
    "signals a thread of any process; tgkill is what libraries use": ("tkill",),
}  # fmt: skip

# What Landlock does not see is done to every file that the worker's user owns, whoever's it is: it would take it from
# others, and leave word in it for its next process. A descriptor that may only be read from is enough for it.
_METADATA_DENIED = (
    "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
    "chown", "lchown", "fchown", "fchownat", "file_setattr", "inotify_add_watch",
)  # fmt: skip
# Told that it was done: `shutil.copy`, and whoever unpacks an archive, would end over an error.
_MODES_KEPT = ("chmod", "fchmod", "fchmodat", "fchmodat2")
_TIMES_KEPT = {"utime": (0, 1), "utimes": (0, 1), "futimesat": (1, 2), "utimensat": (1, 2)}
"""With which arguments are the path and the times."""
_ATTRIBUTES_BY_IOCTL = (0x4008_6602, 0x401C_5820, 0x4008_7602, 0x4008_6604)
"""FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION of linux/fs.h, and ext4's older name for the last one."""
_TIMERS = ("alarm", "setitimer", "timer_create", "timerfd_create")
_ATTRIBUTES_BY_FCNTL = (1024, 1036)  # F_SETLEASE, F_SET_RW_HINT: linux/fcntl.h

# Linux' headers: linux/sched.h, asm-generic/fcntl.h and ioctls.h, linux/resource.h and ioprio.h, linux/socket.h.
_NEW_NAMESPACES = 0x7E02_0080  # CLONE_NEW…: TIME, NS, CGROUP, UTS, IPC, USER, PID, NET
_SIGNALS_FROM_FILES = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX
_SETS_PIPE_SIZE = 1031  # F_SETPIPE_SZ
_SOL_SOCKET, _BUFFER_SIZES = 1, (7, 8, 32, 33)  # asm-generic/socket.h: SO_SNDBUF, SO_RCVBUF, and with FORCE
_SET_DUMPABLE = 4  # PR_SET_DUMPABLE of linux/prctl.h: whether others of one's user may look into one's /proc
_TYPES_FOR_OTHERS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_PRIO_PROCESS, _IOPRIO_WHO_PROCESS = 0, 1
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
_NETLINK_ROUTE = 0  # linux/netlink.h
_NO_STREAM = 0b1110  # of the kinds of sockets only SOCK_STREAM, 1, has none of these bits
_TCP = (0, 6)  # the usual protocol of a family, and IPPROTO_TCP: Landlock knows no other kind of stream
_FAST_OPEN = 0x2000_0000  # MSG_FASTOPEN connects, and Landlock does not see it
_EVERYBODY = -1
_DONE = 0  # in place of an error's number: nothing was done, and the caller is told that it was

_ARCHITECTURES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}  # column above; AUDIT_ARCH_…, linux/audit.h
_X32 = 0x4000_0000  # x86_64's second set of numbers begins here: asm/unistd.h

# linux/bpf_common.h, linux/filter.h, linux/seccomp.h
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, _ERRNO, KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_SET_MODE_FILTER, _TSYNC = 1, 1
_SECCOMP = (317, 277)  # seccomp(2) itself
_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand: ``struct sock_filter``."""


@dataclass(frozen=True)
class _Condition:
    """On the lower half of one argument: on these machines its bytes come first."""

    argument: int
    values: tuple[int, ...] = ()
    none_of: bool = False
    bits: int = 0

    def program(self, away: int) -> list[Instruction]:
        """Instructions that go on behind themselves if it holds, and so many further on if not."""
        load = (_LOAD, 0, 0, _ARGUMENTS + 8 * self.argument)
        if self.bits:
            return [load, (_ANY_BIT, 0, away, self.bits)]
        count = len(self.values)
        # A match jumps behind the last comparison, or further where a match means that it does not hold.
        compared = [
            (_EQUAL, count - 1 - place + away * self.none_of, 0, value & 0xFFFF_FFFF)
            for place, value in enumerate(self.values)
        ]
        *others, (code, yes, _, value) = compared
        return [load, *others, (code, yes, away * (not self.none_of), value)]


def denied() -> dict[str, str]:
    """The system calls that are denied whatever their arguments are, with what stands against each."""
    return {name: why for why, group in _DENIED.items() for name in group}


def filter_for(  # noqa: PLR0913  what depends on the worker
    machine: str,
    *,
    families: Collection[int] = (AF_UNIX,),
    streams_only: bool = False,
    protected: Collection[int] = (),
    metadata: bool = True,
    timers: bool = True,
) -> list[Instruction]:
    """The filter's program.

    Args:
        machine: ``x86_64`` or ``aarch64``, as ``platform.machine()`` names them.
        families: of sockets that may be made; of none, none at all.
        streams_only: whether these may be such only as Landlock keeps from connecting.
        protected: processes that no signal may be sent to.
        metadata: whether modes, owners, times and attributes of files can be changed.
        timers: whether the kernel can be told to interrupt the process later, also while it stands still.

    Raises:
        ValueError: for another machine.
    """
    if machine not in _ARCHITECTURES:
        raise ValueError(f"no system call numbers are known for {machine}")
    column, architecture = _ARCHITECTURES[machine]
    safe = tuple(sorted(protected))
    signalled = (*safe, *(-pid for pid in safe), _EVERYBODY)
    other_family = (_Condition(0, tuple(sorted(families)), none_of=True),) if families else ()
    # Refused if all of the conditions hold.
    refused_if: list[tuple[str, int, *tuple[_Condition, ...]]] = [
        ("clone", errno.EPERM, _Condition(0, bits=_NEW_NAMESPACES)),
        *((name, errno.EAFNOSUPPORT, *other_family) for name in ("socket", "socketpair")),
        # Of what the kernel tells by netlink only what getifaddrs(3) asks for.
        ("socket", errno.EAFNOSUPPORT, _Condition(0, (AF_NETLINK,)), _Condition(2, (_NETLINK_ROUTE,), none_of=True)),
        ("kill", errno.EPERM, _Condition(0, signalled)),
        ("prlimit64", errno.EPERM, _Condition(0, (0,), none_of=True)),
        *(
            (name, errno.EPERM, _Condition(0, (0,), none_of=True))
            for name in ("sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
        ),
        ("setpriority", errno.EPERM, _Condition(0, (_PRIO_PROCESS,), none_of=True)),
        ("setpriority", errno.EPERM, _Condition(1, (0,), none_of=True)),
        ("ioprio_set", errno.EPERM, _Condition(0, (_IOPRIO_WHO_PROCESS,), none_of=True)),
        ("ioprio_set", errno.EPERM, _Condition(1, (0,), none_of=True)),
        ("fcntl", errno.EPERM, _Condition(1, (*_SIGNALS_FROM_FILES, _SETS_PIPE_SIZE))),
        # What waits in a socket counts for no process: each holds as much as the machine's default, and no more.
        ("setsockopt", _DONE, _Condition(1, (_SOL_SOCKET,)), _Condition(2, _BUFFER_SIZES)),
        ("prctl", _DONE, _Condition(0, (_SET_DUMPABLE,))),
        *((name, errno.EPERM) for name in (() if timers else _TIMERS)),
        ("ioctl", errno.EPERM, _Condition(1, _TYPES_FOR_OTHERS)),
    ]
    if streams_only:
        refused_if += [
            ("socket", errno.EPROTONOSUPPORT, _Condition(1, bits=_NO_STREAM)),
            ("socket", errno.EPROTONOSUPPORT, _Condition(2, _TCP, none_of=True)),
            ("sendto", errno.EPERM, _Condition(3, bits=_FAST_OPEN)),
            ("sendmsg", errno.EPERM, _Condition(2, bits=_FAST_OPEN)),
            ("sendmmsg", errno.EPERM, _Condition(3, bits=_FAST_OPEN)),
        ]
    if safe:
        refused_if += [
            (name, errno.EPERM, _Condition(0, safe))
            for name in ("tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open")
        ]
    if not metadata:
        refused_if += [(name, errno.EPERM) for name in _METADATA_DENIED]
        refused_if += [(name, _DONE) for name in _MODES_KEPT]
        for name, (path, times) in _TIMES_KEPT.items():
            # Python's `Path.touch` makes a file only if it cannot set the time of one, to now, which needs no times.
            refused_if += [
                (name, errno.EPERM, _Condition(path, (0,), none_of=True), _Condition(times, (0,))),
                (name, _DONE),
            ]
        refused_if += [
            ("ioctl", errno.EPERM, _Condition(1, _ATTRIBUTES_BY_IOCTL)),
            ("fcntl", errno.EPERM, _Condition(1, _ATTRIBUTES_BY_FCNTL)),
        ]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),  # 32-bit calls have other numbers
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, KILL)]
    # Its flags lie behind a pointer; where it is not there, libraries take clone instead.
    always = [("clone3", errno.ENOSYS), *((name, errno.EPERM) for name in denied())]
    for name, number, *conditions in [*always, *refused_if]:
        call = _NUMBERS[name][column]
        if call is None:
            continue
        looked_at: list[Instruction] = [(_RETURN, 0, 0, _ERRNO | number), (_LOAD, 0, 0, _NUMBER)]
        for condition in reversed(conditions):
            looked_at = [*condition.program(len(looked_at) - 1), *looked_at]
        program += [(_EQUAL, 0, len(looked_at), call), *looked_at]
    return [*program, (_RETURN, 0, 0, ALLOW)]


def why_not() -> str | None:
    """Why this machine has no such filters, in one line; None if it has them."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return f"knows no system calls of {machine}, only of {' and '.join(_ARCHITECTURES)}"
    column, _ = _ARCHITECTURES[machine]
    # Without a filter the kernel that knows the flags says EFAULT: the way seccomp(2) shows to ask for them.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(_SECCOMP[column], _SET_MODE_FILTER, _TSYNC, None)
    if ctypes.get_errno() != errno.EFAULT:
        return "needs seccomp filters: a kernel with CONFIG_SECCOMP_FILTER, in a container a profile that lets them be"
    return None


def install(
    *,
    families: Collection[int] = (AF_UNIX,),
    streams_only: bool = False,
    protected: Collection[int] = (),
    metadata: bool = True,
    timers: bool = True,
) -> None:
    """Give up what the filter denies, for good, for all threads of this process and all that it starts.

    Args:
        families: of sockets that may be made; of none, none at all.
        streams_only: whether these may be such only as Landlock keeps from connecting.
        protected: processes that no signal may be sent to.
        metadata: whether modes, owners, times and attributes of files can be changed.
        timers: whether the kernel can be told to interrupt the process later, also while it stands still.

    Raises:
        OSError: if the kernel refuses.
        ValueError: on a machine whose system calls are not known.
    """
    program = filter_for(
        platform.machine(),
        families=families,
        streams_only=streams_only,
        protected=protected,
        metadata=metadata,
        timers=timers,
    )
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("@HP", len(program), ctypes.addressof(buffer))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    column, _ = _ARCHITECTURES[platform.machine()]
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(_SECCOMP[column], _SET_MODE_FILTER, _TSYNC, head):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
