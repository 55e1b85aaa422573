"""Attaches a command to the embedded servers of a data folder, and starts their keeper where none runs.

Promise: when `attach` returns, both servers answer, and they stay up until `close()` or the end of the process, however
it ends. A second command gets the same servers. Only the standard library is needed here; the keeper needs the wheels.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Self

from app.kernel.embedded import addresses
from app.kernel.embedded.addresses import Addresses
from app.kernel.embedded.faults import OWN_SERVERS, EmbeddedError, tail
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.locks import FileLock, is_held

PATIENCE: Final = 120.0
"""Seconds to wait for servers that another command has begun to start or to stop."""
GRACE: Final = 3.0
"""Seconds that the servers stay after the last command, so that the next one need not wait."""
KEEPER: Final = "app.kernel.embedded.keeper"
PROJECT: Final = Path(__file__).resolve().parents[3]
"""The folder that holds the package `app`."""


class Embedded:
    """A hold on the servers of one folder. Close it, or leave the `with` block, to let go."""

    def __init__(self, found: Addresses, hold: FileLock) -> None:
        self.addresses = found
        self._hold = hold

    @property
    def database_url(self) -> str:
        """PostgreSQL as superuser: `postgresql://user:password@127.0.0.1:port/postd`."""
        return self.addresses.database_url

    @property
    def redis_url(self) -> str:
        """Valkey, database 0: `redis://:password@127.0.0.1:port/0`."""
        return self.addresses.redis_url

    def close(self) -> None:
        """Let go of the servers; the last one to do so lets them end. A second call does nothing."""
        self._hold.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def attach(data: Path, *, fast: bool = False, grace: float = GRACE) -> Embedded:
    """Give the servers of `data`, started if need be. `fast` accepts servers without durability: for tests only.

    Raises EmbeddedError, whose message says what to do.
    """
    folder = Folder.make(data)
    hold = FileLock(folder, folder.attached)
    deadline = time.monotonic() + PATIENCE
    try:
        while not hold.acquire(shared=True):  # a keeper that ends holds it alone: its successor is ours
            _wait(folder, deadline)
        return Embedded(_find(folder, deadline, fast=fast, grace=grace), hold)
    except BaseException:
        hold.close()
        raise


def _find(folder: Folder, deadline: float, *, fast: bool, grace: float) -> Addresses:
    while True:
        if found := addresses.read(folder):
            if found.fast and not fast:
                raise EmbeddedError(
                    f"The servers in {folder.root} are for tests: they keep nothing. Choose another folder."
                )
            return found
        if not is_held(folder, folder.keeper_lock):
            _start_keeper(folder, fast=fast, grace=grace)
        else:
            _wait(folder, deadline)


def _start_keeper(folder: Folder, *, fast: bool, grace: float) -> None:
    """Start a keeper and wait for its one line: it is ready, another one was quicker, or why it cannot."""
    options = ["--data", str(folder.root), "--detach", str(grace), *(["--fast"] if fast else [])]
    with os.fdopen(folder.open_log("keeper"), "ab") as log:
        child = subprocess.Popen(  # noqa: S603 -- our own module, no shell
            [sys.executable, "-m", KEEPER, *options],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    with child:
        line = child.stdout.readline() if child.stdout else b""
    if not line:
        reason = tail(folder.log("keeper").read_text(errors="replace"))
        raise EmbeddedError(f"The keeper of the embedded servers ended before they were up: {reason}\n{OWN_SERVERS}")
    if error := json.loads(line).get("error"):
        raise EmbeddedError(error)


def _wait(folder: Folder, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise EmbeddedError(
            f"The embedded servers in {folder.root} do not come up; {folder.log('keeper')} says why. "
            f"End them with `python -m app.kernel.embedded.stop {folder.root}`, then run the command again."
        )
    time.sleep(0.02)
