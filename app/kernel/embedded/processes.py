"""Starts and ends child processes that never outlive their keeper.

On Linux the kernel signals each child when the keeper dies, even by `kill -9`. Elsewhere, and where a server is slow to
end, the next start finds the orphan by its pid file and ends it first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

import psutil

from app.kernel.embedded.faults import EmbeddedError, tail
from app.kernel.embedded.identity import Identity
from app.kernel.tether import dies_with_parent

PATIENCE: Final = 20.0
"""Seconds that a server has to end by itself."""


def spawn(
    identity: Identity,
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[str]:
    """Start a program as `identity`, in a session of its own, so that Ctrl-C in the terminal does not reach it."""
    return subprocess.Popen(  # noqa: S603 -- the command is ours, no shell
        [*identity.prefix, *map(str, command)],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        start_new_session=True,
        preexec_fn=dies_with_parent(death_signal),  # noqa: PLW1509 -- the keeper has one thread
        user=identity.user,
        group=identity.group,
        extra_groups=None if identity.user is None else [],
    )


def run(identity: Identity, *command: str | Path, stdin: str = "") -> str:
    """Run a program to its end and give its output. Raises EmbeddedError with that output where it fails."""
    child = spawn(identity, command, output=subprocess.PIPE)
    output, _ = child.communicate(stdin)
    if child.returncode:
        raise EmbeddedError(f"{command[0]} failed ({child.returncode}): {tail(output)}")
    return output


def end(child: subprocess.Popen[str], stop_signal: signal.Signals) -> None:
    """End a child and wait for it; one that does not listen is killed."""
    child.send_signal(stop_signal)
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def end_orphan(pid: int, name: str, directory: Path, stop_signal: signal.Signals) -> None:
    """End the server that a killed keeper left at work in `directory`.

    The number alone proves nothing: it may belong to another process by now. Only a process of that name that works in
    that very folder is ended.
    """
    try:
        process = psutil.Process(pid)
        if process.name() != name or ended(process) or Path(process.cwd()) != directory:
            return
        for request in (stop_signal, signal.SIGKILL):
            process.send_signal(request)
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                if ended(process):
                    return
                time.sleep(0.02)
    except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
        return
    raise EmbeddedError(f"A {name} of an earlier run (pid {pid}) does not end. End it by hand, then try again.")


def ended(process: psutil.Process) -> bool:
    """Whether a process is over. A zombie is: in a container there may be nobody to collect it."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
