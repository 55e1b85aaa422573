"""A cell for a program that reads hostile files. `jail.py` starts it; it limits itself, and becomes that program.

    python -I -S cell.py READABLE... -- PROGRAM ARGUMENT...

It runs by itself, without the application: the standard library is all it has. What it takes away stays away from the
program and its children. Everywhere: memory, processor time, files to write. On Linux: privileges to gain, every
socket, and every call that reaches another process, by a filter of system calls
(https://docs.kernel.org/userspace-api/seccomp_filter.html); and every file but those that programs are made of and the
READABLE ones, by Landlock (https://docs.kernel.org/userspace-api/landlock.html). Where the filter cannot be set, the
program is not started: exit 126. Where the kernel has no Landlock it is started, and reads what its user may read.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

MEMORY = 1024 * 1024 * 1024
SECONDS = 10
FILES = 64
REFUSED = 126

_PDEATHSIG, _NO_NEW_PRIVS, _SECCOMP, _FILTER = 1, 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_KILL, _FORBID, _ALLOW = 0x80000000, 0x00050000 | 13, 0x7FFF0000
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FORBIDDEN = {  # what it is called: its number on x86_64, on aarch64
    # What leads out of the machine.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "io_uring_setup": (425, 425),
    # What looks into another process, or stops it.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    # What changes how another process is run.
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # What leaves the group that is ended with the program, or the view of the system that it has.
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "unshare": (272, 97),
    "setns": (308, 268),
    # What only reaches into the kernel.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
}
_PRLIMIT, _FCNTL = (302, 261), (72, 25)
_SETOWN, _SETOWN_EX = 8, 15  # who gets a signal when there is something to read

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_OF_FIRST = (1 << 13) - 1
_ADDED = ((2, 1 << 13), (3, 1 << 14), (5, 1 << 15))  # since which version of Landlock: moving, cutting, devices
_SCOPED_SINCE, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 3
_PROGRAMS = ("usr", "lib*", "bin", "opt", "nix/store", "etc/ld.so.cache")  # below the root
_NULL = "/dev/null"


def limit() -> None:
    """Take away what can be taken away everywhere."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def landlock() -> int:
    """The version of Landlock that this kernel has; 0 where it has none, or does not let it be used."""
    if sys.platform != "linux" or platform.machine() not in _ARCHITECTURES:
        return 0
    version: int = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    return max(0, version)


def without_files(readable: Iterable[str]) -> None:
    """Take every file away but those of programs and these. Raises OSError where Landlock is there and refuses."""
    version = landlock()
    if not version:
        return
    libc = _libc()
    handled = _ALL_OF_FIRST | sum(bit for since, bit in _ADDED if version >= since)
    rules = struct.pack("<Q", handled)
    if version >= _SCOPED_SINCE:
        rules = struct.pack("<QQQ", handled, 0, _ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = _done(libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0))
    programs = [str(path) for pattern in _PROGRAMS for path in Path("/").glob(pattern)]
    for path, rights in [*((path, _READ_FILE) for path in (*programs, *readable)), (_NULL, _READ_FILE | _WRITE_FILE)]:
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        allowed = rights | _EXECUTE | (_READ_DIR if Path(path).is_dir() else 0)
        _done(libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("<Qi", allowed, opened), 0))
        os.close(opened)
    _prctl(_NO_NEW_PRIVS, 1)
    _done(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def without_network_and_others() -> None:
    """Take every socket and every other process away. Raises OSError where it cannot be done."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError("no filter for this machine")
    which = list(_ARCHITECTURES).index(machine)
    # Each step: (code, jump if true, jump if false, value).
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _ARCHITECTURES[machine]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    steps += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]  # the second set of calls of x86_64
    for numbers in _FORBIDDEN.values():
        steps += [(_EQUAL, 0, 1, numbers[which]), (_RETURN, 0, 0, _FORBID)]
    # Limits may be read and set, but not those of another: that one is named by the first argument.
    steps += [(_EQUAL, 0, 4, _PRLIMIT[which]), (_LOAD, 0, 0, 16), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _FORBID)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    # No signal by way of a file: what is done with the file stands in the second argument.
    steps += [(_EQUAL, 0, 4, _FCNTL[which]), (_LOAD, 0, 0, 24)]
    steps += [(_EQUAL, 1, 0, _SETOWN), (_EQUAL, 0, 1, _SETOWN_EX), (_RETURN, 0, 0, _FORBID)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in steps))
    _prctl(_PDEATHSIG, 9)
    _prctl(_NO_NEW_PRIVS, 1)
    _prctl(_SECCOMP, _FILTER, struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(code)))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _done(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "the kernel refused a limit")
    return result


def _prctl(what: int, value: int, more: bytes | int = 0) -> None:
    _done(_libc().prctl(what, value, more, 0, 0))


def main() -> None:
    """Limit this process and become the program."""
    try:
        end = sys.argv.index("--")
        program = sys.argv[end + 1 :]
        limit()
        if sys.platform == "linux":
            without_files([program[0], *sys.argv[1:end]])
            without_network_and_others()
        os.execv(program[0], program)  # noqa: S606 -- no shell is wanted
    except (OSError, ValueError, IndexError):
        os._exit(REFUSED)


if __name__ == "__main__":
    main()
