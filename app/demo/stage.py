"""The stage of the demo: simulated platforms and the three parts of POSTD as processes of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from app.boot.group import Child, stop_all
from app.kernel.settings import Settings

QUICK = {
    "POSTD_LEASE": "3",
    "POSTD_LEASE_MARGIN": "1",
    "POSTD_OFFER_AGAIN": "3",
    "POSTD_SETTLE_DELAY": "2",
    "POSTD_PLATFORM_PACE": "0.1",
    "POSTD_BACKOFF": "1",
    "POSTD_MONITOR": "10",
}
"""Short intervals, so that a lost answer is settled while one watches."""


PLATFORMS = ("bluesky", "mastodon", "meta", "linkedin")
"""The simulated servers; Meta's is Facebook and Instagram."""


class NotReady(Exception):
    """A part did not come up; the message says where to read why."""


@dataclass(slots=True)
class Stage:
    """The running parts."""

    url: str
    platforms: Mapping[str, str]
    """Where each simulated platform answers."""
    parts: list[Child]
    """The simulated platforms, the API, the worker and the scheduler."""
    logs: Path

    def kill_worker(self) -> None:
        """End the worker without warning, as a power cut would, and start another one."""
        (worker,) = [part for part in self.parts if part.name == "worker"]
        if worker.process is not None:
            os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.wait()
        worker.start()

    def start_again(self) -> list[Child]:
        """Start each part again that has ended, as a supervisor does; gives those parts."""
        fallen = [part for part in self.parts if not part.running()]
        for part in fallen:
            part.start()
        return fallen


@contextmanager
def staged(settings: Settings) -> Iterator[Stage]:
    """Start everything and end it with the block.

    Raises:
        NotReady: a part did not come up.
    """
    folder = settings.data_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    logs = folder / "logs"
    logs.mkdir(parents=True)
    me = [sys.executable, "-m", "app.cli"]
    sandbox = [*me, "sandbox", "--data", str(folder / "sandbox")]
    platforms = _logged(Child("sandbox", [*sandbox, "--bluesky-port", "0", "--mastodon-port", "0"]), logs)
    started = [platforms]
    try:
        platforms.start()
        addresses = _addresses(folder / "sandbox" / "addresses.json", platforms, logs)
        # Started again it is found where the others know it.
        ports = {name: str(urlsplit(addresses[name]).port) for name in ("bluesky", "mastodon")}
        platforms.command = [*sandbox, "--bluesky-port", ports["bluesky"], "--mastodon-port", ports["mastodon"]]
        port = _free_port(settings.port)
        url = f"http://127.0.0.1:{port}"
        surroundings = {
            **QUICK,
            "POSTD_PLC_URL": addresses["bluesky"],
            "POSTD_HANDLE_RESOLVER": addresses["bluesky"],
            "POSTD_EGRESS_ALLOW": "127.0.0.0/8",
            "POSTD_PUBLIC_URL": url,
            "POSTD_HOST": "127.0.0.1",
            "POSTD_PORT": str(port),
            "POSTD_MEDIA_STORE": f"file:{folder / 'media'}",
            "POSTD_LOG_JSON": "true",
            "POSTD_ENDPOINTS": orjson.dumps(addresses["endpoints"]).decode(),
            "POSTD_APPS": orjson.dumps(addresses["apps"]).decode(),
        }
        parts = [_logged(Child(name, [*me, name], surroundings), logs) for name in ("api", "worker", "scheduler")]
        for part in parts:
            part.start()
            started.append(part)
        yield Stage(url, {name: addresses[name] for name in PLATFORMS}, started, logs)
    finally:
        stop_all(started)


def _logged(child: Child, logs: Path) -> Child:
    child.log = logs / f"{child.name}.log"
    return child


def _addresses(file: Path, child: Child, logs: Path) -> dict[str, Any]:
    until = time.monotonic() + 30
    while time.monotonic() < until and child.running():
        if file.exists():
            found: dict[str, Any] = orjson.loads(file.read_bytes())
            return found
        time.sleep(0.05)
    raise NotReady(f"The simulated platforms did not start; read {logs / 'sandbox.log'}.")


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            number: int = probe.getsockname()[1]
            return number
    raise NotReady("There is no free port on 127.0.0.1.")
