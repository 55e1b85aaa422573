"""PostgreSQL under the data folder: made once, recovered after a kill, reachable by password on loopback only."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Final

from app.kernel.embedded.faults import EmbeddedError
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.identity import Identity
from app.kernel.embedded.processes import end_orphan, run

DATABASE: Final = "postd"
USER: Final = "postd"
PID_LINE: Final = 0
STATUS_LINE: Final = 7
"""Lines of postmaster.pid, as PostgreSQL's miscadmin.h numbers them from zero."""
FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres:
    """The PostgreSQL program. `fast` gives up durability: for tests only."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions and writes a checkpoint

    def __init__(self, folder: Folder, identity: Identity, programs: Path, *, fast: bool) -> None:
        self._folder = folder
        self._identity = identity
        self._programs = programs
        self._fast = fast
        self._pid_file = folder.postgres / "postmaster.pid"

    def prepare(self) -> None:
        """End an orphan, free its pid file, and make the cluster where there is none."""
        self._free_pid_file()
        if self._folder.initialised.exists():
            self._check_version()
            return
        for rest in self._folder.postgres.iterdir():  # killed inside initdb: half a cluster is worth nothing
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
        directory = self._folder.postgres
        locale = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-E", "UTF8")
        access = ("-U", USER, "-A", "scram-sha-256", "--pwfile", self._folder.password)
        durability = ("-N",) if self._fast else ()
        run(self._identity, self._programs / "initdb", "-D", directory, *access, *locale, *durability)
        create = f"CREATE DATABASE {DATABASE}\n"
        run(self._identity, self._programs / "postgres", "--single", "-D", directory, "postgres", stdin=create)
        self._folder.initialised.touch()

    def command(self, port: int) -> list[str | Path]:
        """Give the command line."""
        options = [
            f"port={port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            *(FAST if self._fast else ()),
        ]
        words = [word for option in options for word in ("-c", option)]
        return [self._programs / "postgres", "-D", self._folder.postgres, *words]

    def configuration(self, port: int) -> str:
        """Give nothing: PostgreSQL takes its options from the command line."""
        del port
        return ""

    def ready(self, pid: int, port: int) -> bool:
        """Whether this very process says that it takes connections."""
        del port
        lines = self._pid_lines()
        return len(lines) > STATUS_LINE and lines[PID_LINE] == str(pid) and lines[STATUS_LINE] == "ready"

    def _pid_lines(self) -> list[str]:
        try:
            return [line.strip() for line in self._pid_file.read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _free_pid_file(self) -> None:
        """Keep a pid file of an earlier run from blocking the start.

        PostgreSQL refuses to start while the pid in the file is alive, and that pid may belong to any process by now,
        or to a zombie. The file is not removed: with it would go the check that no backend of the old server still
        works on the data. Our own pid in its place is taken for stale, since a server's parent is no server.
        """
        lines = self._pid_lines()
        if not lines or not lines[PID_LINE].lstrip("-").isdigit():
            return
        end_orphan(abs(int(lines[PID_LINE])), self.name, self._folder.postgres, self.stop_signal)
        if lines := self._pid_lines():
            self._pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    def _check_version(self) -> None:
        made_by = (self._folder.postgres / "PG_VERSION").read_text().strip()
        ours = run(self._identity, self._programs / "postgres", "--version").split()[-1].split(".")[0]
        if made_by != ours:
            raise EmbeddedError(
                f"The data in {self._folder.postgres} was made by PostgreSQL {made_by}, installed is {ours}. "
                f"Remove {self._folder.root} to start anew, or choose another data folder."
            )
