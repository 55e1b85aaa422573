"""File locks that the kernel frees when their holder dies, however it dies.

A lock belongs to the open file: a forked child shares it, and only the last copy to be closed frees it. So `close()`
closes and never unlocks, or a child could take the lock away from its parent.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from app.kernel.embedded.folder import Folder


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Lock an open file if nobody is in the way; never waits."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class FileLock:
    """A lock on a file of the data folder."""

    def __init__(self, folder: Folder, path: Path) -> None:
        self._path = path
        self._handle: int | None = folder.open_private(path, os.O_RDWR)

    def acquire(self, *, shared: bool = False) -> bool:
        """Take the lock if it is free; a lock that is held already changes its kind."""
        return self._handle is not None and try_lock(self._handle, shared=shared)

    def release(self) -> None:
        """Give the lock back and keep the file open. For a process that has not forked."""
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def in_place(self) -> bool:
        """Whether the file still stands under its name; not so once somebody removed the data folder."""
        try:
            return self._handle is not None and os.path.samestat(os.fstat(self._handle), self._path.stat())
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Close the file, and with it give back the lock; a second call does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def is_held(folder: Folder, path: Path) -> bool:
    """Whether some process holds the file's lock alone."""
    lock = FileLock(folder, path)
    try:
        return not lock.acquire(shared=True)
    finally:
        lock.close()
