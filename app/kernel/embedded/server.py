"""One running server: started on a free loopback port, watched, started again on the same port after a crash."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final, Protocol

from app.kernel.embedded.faults import EmbeddedError, tail
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.identity import Identity
from app.kernel.embedded.processes import end, spawn

START_TIME: Final = 60.0
"""Seconds that a server has to become ready, recovery after a crash included."""
TRIES: Final = 20
PAUSE: Final = 0.5
"""Seconds between two tries: processes of a killed server may hold its shared memory for a moment."""


class Program(Protocol):
    """What is particular to one of the two servers."""

    name: str
    stop_signal: signal.Signals

    def prepare(self) -> None:
        """Make the data ready for a start, and end what an earlier run left."""

    def command(self, port: int) -> list[str | Path]:
        """Give the command line. It is public (`ps`): no password in it."""

    def configuration(self, port: int) -> str:
        """Give what the program reads on its standard input."""

    def ready(self, pid: int, port: int) -> bool:
        """Whether the process `pid` answers on `port`."""


def free_port(wanted: int = 0) -> int:
    """Give `wanted` if nobody listens there, else any free loopback port."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as listener:
            port: int = listener.getsockname()[1]
            return port
    except OSError:
        if not wanted:
            raise
        return free_port()


class Server:
    """A program and its process."""

    def __init__(self, program: Program, folder: Folder, identity: Identity, wanted_port: int = 0) -> None:
        self.program = program
        self.port = wanted_port
        self._folder = folder
        self._identity = identity
        self._child: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The process, 0 where there is none."""
        return self._child.pid if self._child else 0

    def start(self, *, same_port: bool = False) -> None:
        """Start and wait until ready. `same_port` keeps the port that commands know already.

        Raises EmbeddedError with the end of the server's log where it does not come up.
        """
        deadline = time.monotonic() + START_TIME
        for _ in range(TRIES):
            self._launch(same_port=same_port)
            if self._wait(deadline):
                return
            if time.monotonic() > deadline:
                break
            time.sleep(PAUSE)
        self.stop()
        log = self._folder.log(self.program.name)
        reason = tail(log.read_text(errors="replace"))
        raise EmbeddedError(f"{self.program.name} did not start. The end of {log}:\n{reason}")

    def died(self) -> bool:
        """Whether the process has ended without being asked."""
        return self._child is not None and self._child.poll() is not None

    def stop(self) -> None:
        """End the server and wait for it."""
        if self._child is not None:
            end(self._child, self.program.stop_signal)
            self._child = None

    def _launch(self, *, same_port: bool) -> None:
        self.program.prepare()
        if not same_port:  # looked at only now: what an earlier run left may have held the port until here
            self.port = free_port(self.port)
        with os.fdopen(self._folder.open_log(self.program.name), "ab") as log:
            self._child = spawn(
                self._identity, self.program.command(self.port), output=log, death_signal=self.program.stop_signal
            )
        if self._child.stdin:
            try:
                with self._child.stdin as stdin:
                    stdin.write(self.program.configuration(self.port))
            except BrokenPipeError:  # it ended at once: its log says why
                return

    def _wait(self, deadline: float) -> bool:
        """Whether the process became ready; False if it ended before, or if time ran out."""
        while self._child is not None and self._child.poll() is None and time.monotonic() < deadline:
            if self.program.ready(self._child.pid, self.port):
                return True
            time.sleep(0.02)
        return False
