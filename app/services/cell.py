"""A cell for a program that reads hostile files. It is started by `app.services.jail`, limits itself, and becomes it.

    python -I -S cell.py PROGRAM ARGUMENT...

It runs by itself, without the application: the standard library is all it has. What it takes away stays away from the
program and its children: memory, processor time, files to write, privileges to gain, and on Linux every socket, by a
filter of system calls (https://docs.kernel.org/userspace-api/seccomp_filter.html). Where that filter cannot be set,
the program is not started: exit 126.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys

MEMORY = 1024 * 1024 * 1024
SECONDS = 10
FILES = 64
REFUSED = 126

_PDEATHSIG, _NO_NEW_PRIVS, _SECCOMP, _FILTER = 1, 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_KILL, _FORBID, _ALLOW = 0x80000000, 0x00050000 | 13, 0x7FFF0000
_IO_URING_SETUP = 425  # it can make sockets, too
_MACHINES = {  # machine: its name for the kernel, and the numbers of socket and socketpair
    "x86_64": (0xC000003E, 41, 53),
    "aarch64": (0xC00000B7, 198, 199),
}


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


def without_network() -> None:
    """Take every socket away. Raises OSError where it cannot be done."""
    known = _MACHINES.get(platform.machine())
    if known is None:
        raise OSError("no filter for this machine")
    arch, *numbers = known
    forbidden = [*numbers, _IO_URING_SETUP]
    # Each step: (code, jump if true, jump if false, value).
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    steps += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]  # the second set of calls of x86_64
    for number in forbidden:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FORBID)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in steps))
    program = struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PDEATHSIG, 9, 0, 0, 0), (_NO_NEW_PRIVS, 1, 0, 0, 0), (_SECCOMP, _FILTER, program, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "the filter was not taken")


def main() -> None:
    """Limit this process and become the program."""
    try:
        limit()
        if sys.platform == "linux":
            without_network()
        os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 -- no shell is wanted
    except (OSError, ValueError):
        os._exit(REFUSED)


if __name__ == "__main__":
    main()
