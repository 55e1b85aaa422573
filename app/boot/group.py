"""Run several processes as one: they start together, and when one ends or a signal comes, all end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from app.kernel.tether import dies_with_parent

log = structlog.get_logger(__name__)

PATIENCE = 30.0
"""Seconds that a child has to end by itself after SIGTERM."""


@dataclass(slots=True)
class Child:
    """One process of the group."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    log: Path | None = None
    """Where its output goes; None: where ours goes."""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it ends with us, also when we are killed."""
        output = self.log.open("ab") if self.log is not None else None
        try:
            self.process = subprocess.Popen(  # noqa: S603 -- our own command line
                self.command,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509 -- one call that was looked up before the fork
            )
        finally:
            if output is not None:
                output.close()

    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process is not None and self.process.poll() is None

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask it to end."""
        if self.process is not None and self.running():
            # To the process itself, not its group: it tells its own children in its own order.
            self.process.send_signal(number)

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, and end it hard when it does not."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, seconds))
        except subprocess.TimeoutExpired:
            log.warning("child.killed", name=self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def run_group(children: Sequence[Child]) -> int:
    """Run the children until one ends or SIGTERM or SIGINT comes; gives the exit status."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: stopping.append(got))
    for child in children:
        child.start()
    while not stopping and all(child.running() for child in children):
        time.sleep(0.2)
    ended = [child for child in children if not child.running()]
    for child in ended:
        if not stopping:
            log.error("child.ended", name=child.name, status=child.process.returncode if child.process else None)
    stop_all(children)
    return 0 if stopping else 1


def stop_all(children: Sequence[Child]) -> None:
    """End every child, all at the same time."""
    for child in children:
        child.stop()
    until = time.monotonic() + PATIENCE
    for child in children:
        child.wait(until - time.monotonic())
