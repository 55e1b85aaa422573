"""The data folder: where each file of the embedded servers lies, and who may read it.

Every file is made for its owner only (0600). The folder itself stays open to others, because a server started
by root runs as another user and has to reach its own subfolder. Two folders share nothing.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.kernel.embedded.faults import EmbeddedError

LOG_LIMIT: Final = 1_000_000
"""Bytes after which a log is set aside as `.old` at the next start."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One data folder, e.g. `.postd`."""

    root: Path

    @classmethod
    def make(cls, data: Path) -> Folder:
        """Give the folder, made where it is missing. Raises EmbeddedError where that is not allowed."""
        root = data.expanduser().resolve()
        try:
            root.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(f"The data folder {root} cannot be made ({error}). Choose another folder.") from error
        if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
            raise EmbeddedError(f"The data folder {root} belongs to another user. Choose another folder, or remove it.")
        return cls(root)

    @property
    def services(self) -> Path:
        """The addresses and the password, while the servers are up."""
        return self.root / "services.json"

    @property
    def attached(self) -> Path:
        """Locked shared by every process that uses the servers."""
        return self.root / "attached"

    @property
    def keeper_lock(self) -> Path:
        """Locked by the one keeper."""
        return self.root / "keeper.lock"

    @property
    def stop_request(self) -> Path:
        """Whoever makes this file asks the keeper to end."""
        return self.root / "stop"

    @property
    def ports(self) -> Path:
        """The ports of the last run, taken again where they are free."""
        return self.root / "ports.json"

    @property
    def password(self) -> Path:
        """The generated password of both servers."""
        return self.root / "password"

    @property
    def initialised(self) -> Path:
        """Exists once the PostgreSQL cluster is complete."""
        return self.root / "postgres.initialised"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's data directory."""
        return self.root / "valkey"

    def log(self, name: str) -> Path:
        """The log of a server or of the keeper."""
        return self.root / f"{name}.log"

    def open_private(self, path: Path, flags: int) -> int:
        """Open a file that only its owner may read; where root runs, the folder's owner owns it too."""
        try:
            handle = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedError(f"{path} cannot be opened ({error}). Choose another data folder.") from error
        if os.geteuid() == 0:
            owner = self.root.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
        return handle

    def open_log(self, name: str) -> int:
        """Open a log for appending; a log that has grown large is set aside first."""
        path = self.log(name)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".old"))
        return self.open_private(path, os.O_WRONLY | os.O_APPEND)

    def read_password(self) -> str:
        """Give the password of this folder, generated at the first call. Call it under the keeper's lock only."""
        with os.fdopen(self.open_private(self.password, os.O_RDWR), "r+") as file:
            if not (password := file.read()):
                password = secrets.token_hex(24)
                file.write(password)
        return password
