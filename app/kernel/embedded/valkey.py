"""Valkey under the data folder: kept on disk unless fast, reachable by password on loopback only."""

from __future__ import annotations

import contextlib
import signal
import socket
from pathlib import Path

from app.kernel.embedded.folder import Folder
from app.kernel.embedded.processes import end_orphan


class Valkey:
    """The Valkey program, a Redis-compatible server. `fast` keeps nothing on disk: for tests only."""

    name = "valkey-server"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Folder, program: Path, password: str, *, fast: bool) -> None:
        self._directory = folder.valkey
        self._pid_file = folder.valkey / "valkey.pid"
        self._program = program
        self._password = password
        self._fast = fast

    def prepare(self) -> None:
        """End what an earlier run left: two servers on one append-only file would spoil it."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            end_orphan(int(self._pid_file.read_text()), self.name, self._directory, self.stop_signal)

    def command(self, port: int) -> list[str | Path]:
        """Give the command line: the configuration comes on standard input, so that `ps` does not show the password."""
        del port
        return [self._program, "-"]

    def configuration(self, port: int) -> str:
        """Give the configuration file."""
        lines = [
            "bind 127.0.0.1",
            f"port {port}",
            f'dir "{self._directory}"',
            f'pidfile "{self._pid_file}"',
            f"requirepass {self._password}",
            'save ""',
            f"appendonly {'no' if self._fast else 'yes'}",
        ]
        return "\n".join(lines) + "\n"

    def ready(self, pid: int, port: int) -> bool:
        """Whether it takes our password and answers; it does not while it still loads its data."""
        del pid
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=1) as connection,
            connection.makefile("rb") as answers,
        ):
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            return (answers.readline(), answers.readline()) == (b"+OK\r\n", b"+PONG\r\n")
        return False
