"""The parts of an installation as processes of their own, that a test may kill and stop as a power cut would."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.kernel.tether import dies_with_parent

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Part:
    """One process with its children: they share a process group, and every signal goes to all of them."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    special: bool = False
    """Whether it runs with settings of its own: it is of no use to the next test."""
    frozen_at: int = 0
    """How long its log was when it was stopped the last time."""

    @property
    def pid(self) -> int:
        """The process, and its group."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it at once, without a word."""
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """Stop it in its tracks, as a suspended machine is."""
        os.killpg(self.pid, signal.SIGSTOP)
        self.frozen_at = self.log.stat().st_size

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        os.killpg(self.pid, signal.SIGCONT)

    def ask_to_end(self) -> None:
        """Ask the process itself, as a supervisor does; what it has started it ends by its own rules."""
        self.process.send_signal(signal.SIGTERM)

    def ended(self, within: float) -> int:
        """The exit status, once it has ended by itself."""
        return self.process.wait(within)

    def words(self) -> str:
        """The end of its log, each line cut."""
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"--- {self.name} ({self.log.name})", *(line[:400] for line in lines)])

    async def says(self, what: str, times: int = 1, within: float = 60) -> None:
        """Return once it has written this word to its log so often since it was stopped."""
        until = time.monotonic() + within
        while self.log.read_bytes()[self.frozen_at :].decode(errors="replace").count(what) < times:
            if time.monotonic() > until:
                raise AssertionError(f"{self.name} did not say {what!r}\n{self.words()}")
            await asyncio.sleep(0.02)


def start(name: str, arguments: list[str], environment: Mapping[str, str], folder: Path) -> Part:
    """Start `python <arguments>` in `folder`; it is asked to end when this test run dies, however it dies."""
    log = folder / f"{name}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 -- it makes one call that was looked up before the fork
        )
    return Part(name, process, log)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
