"""Ties a process to the one that started it: where that one dies, also by `kill -9`, no orphan goes on working.

Linux only: its kernel sends the signal. Elsewhere nothing is asked for, and nothing breaks.

The kernel watches the *thread* that started the process, so processes are started by threads that live as long as
their process does: in this project always by the first one. A process with threads dies thread by thread, so its
children may get the signal more than once.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
ORPHANED: Final = 1
"""The exit status of a process whose parent had died before the kernel could be asked."""

# Loaded before any fork: between fork and exec nothing should be allocated.
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def dies_with_parent(death_signal: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """Give what a child runs between fork and exec (`preexec_fn`), so that it gets `death_signal` at our death."""
    libc, parent = _LIBC, os.getpid()
    if libc is None:
        return None

    def ask() -> None:
        if libc.prctl(PR_SET_PDEATHSIG, int(death_signal)) or os.getppid() != parent:
            os._exit(ORPHANED)

    return ask


def end_with_parent(death_signal: signal.Signals = signal.SIGTERM) -> None:
    """Ask for `death_signal` at the death of the process that made this one with `multiprocessing`.

    For children that libraries start, which have no `preexec_fn`: a worker of Dramatiq, the server under uvicorn's or
    watchfiles' reloader. A process that was started otherwise (by a shell, by a supervisor) is left alone. Where the
    parent is dead already, this process ends here and now. Call it on the first thread, as early as possible.
    """
    parent = multiprocessing.parent_process()
    if _LIBC is None or parent is None:
        return
    if multiprocessing.get_start_method(allow_none=True) == "forkserver":
        # To the kernel the fork server is the parent, and it outlives ours: a thread waits for the right one.
        threading.Thread(target=_follow, args=(parent.join, death_signal), daemon=True).start()
    elif _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal)) or os.getppid() != parent.pid:
        os._exit(ORPHANED)


def _follow(parent_ends: Callable[[], None], death_signal: signal.Signals) -> None:
    parent_ends()
    os.kill(os.getpid(), death_signal)
