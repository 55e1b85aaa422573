"""The file that tells where the servers are: present and locked exactly while they answer.

The keeper locks `services.json` before it puts it in place, and holds the lock for its life. A file without that lock
was left by a keeper that was killed: readers take it for absent, so nobody is ever sent to a dead server.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from typing import Self

from app.kernel.embedded.folder import Folder
from app.kernel.embedded.locks import try_lock


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two servers are, and the processes behind them. The password stands in the URLs: they are not shown."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    fast: bool
    keeper_pid: int
    postgres_pid: int
    valkey_pid: int


class Publication:
    """The addresses while they are public: the keeper's side."""

    def __init__(self, folder: Folder, addresses: Addresses) -> None:
        self._path = folder.services
        draft = folder.services.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        self._handle = folder.open_private(draft, os.O_WRONLY)
        try_lock(self._handle)
        os.write(self._handle, (json.dumps(asdict(addresses), indent=2) + "\n").encode())
        draft.replace(self._path)

    def withdraw(self) -> None:
        """Take the addresses back: from here on nobody new is sent to these servers."""
        self._path.unlink(missing_ok=True)
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.withdraw()


def read(folder: Folder) -> Addresses | None:
    """Give the addresses if the servers are up; None if they are not, or if the file was left by a dead keeper."""
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(folder.services, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(handle, encoding="utf-8") as file:
            if not try_lock(handle, shared=True):
                return Addresses(**json.load(file))
    return None
