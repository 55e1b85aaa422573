"""Keeps both servers of one folder up, and decides when they are no longer wanted.

The loop looks at everything a few times a second instead of waiting for events: whoever attaches, whoever is killed and
whoever removes the folder need not tell it anything.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections import deque
from types import FrameType
from typing import Final

from app.kernel.embedded.addresses import Addresses, Publication
from app.kernel.embedded.binaries import postgres_programs, valkey_program
from app.kernel.embedded.faults import EmbeddedError
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.locks import FileLock
from app.kernel.embedded.postgres import DATABASE, USER, Postgres
from app.kernel.embedded.rootless import identity_for
from app.kernel.embedded.server import Server
from app.kernel.embedded.valkey import Valkey

log = logging.getLogger("postd.embedded")

LOOK: Final = 0.2
"""Seconds between two looks."""
DEATHS: Final = 5
DEATHS_WITHIN: Final = 60.0
"""A keeper whose servers die more often than DEATHS times in so many seconds gives up."""


class Upkeep:
    """Both servers of one folder, from start to end.

    `grace` is how long, in seconds, they stay after the last command is gone; None keeps them until asked to end.
    """

    def __init__(self, folder: Folder, lock: FileLock, *, fast: bool, grace: float | None) -> None:
        self._folder = folder
        self._lock = lock
        self._fast = fast
        self._grace = grace
        self._asked_to_end = False
        self._idle_since: float | None = None
        self._deaths: deque[float] = deque(maxlen=DEATHS)
        self._attached = FileLock(folder, folder.attached)
        self._publication: Publication | None = None
        programs, valkey_server = postgres_programs(), valkey_program()
        self._password = folder.read_password()
        identity = identity_for(folder, programs / "postgres", valkey_server)
        postgres = Postgres(folder, identity, programs, fast=fast)
        valkey = Valkey(folder, valkey_server, self._password, fast=fast)
        ports = self._last_ports()
        self._postgres = Server(postgres, folder, identity, ports.get("postgres", 0))
        self._valkey = Server(valkey, folder, identity, ports.get("valkey", 0))

    def start(self) -> None:
        """Start both servers and tell where they are. Raises EmbeddedError, with nothing left running."""
        for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(asked, self._ask_to_end)
        self._folder.stop_request.unlink(missing_ok=True)
        self._folder.services.unlink(missing_ok=True)
        try:
            self._postgres.start()
            self._valkey.start()
        except BaseException:
            self.stop()
            raise
        self._folder.ports.write_text(json.dumps({"postgres": self._postgres.port, "valkey": self._valkey.port}))
        self._publish()

    def watch(self) -> None:
        """Hold the servers up until nobody wants them. Raises EmbeddedError where one cannot be held up."""
        while not self._unwanted():
            for server in (self._postgres, self._valkey):
                if server.died():
                    self._start_again(server)
            time.sleep(LOOK)

    def stop(self) -> None:
        """Take back the addresses, then end both servers and wait for them."""
        self._withdraw()
        self._valkey.stop()
        self._postgres.stop()

    def _unwanted(self) -> bool:
        if self._asked_to_end or self._folder.stop_request.exists():
            log.info("asked to end")
            return True
        if not self._lock.in_place():
            log.info("the data folder is gone")
            return True
        return self._abandoned()

    def _abandoned(self) -> bool:
        """Whether no command has been attached for the grace; if so, keep others from attaching while we end."""
        if self._grace is None:
            return False
        if not self._attached.acquire():
            self._idle_since = None
            return False
        now = time.monotonic()
        self._idle_since = now if self._idle_since is None else self._idle_since
        if now - self._idle_since >= self._grace:
            log.info("no command is attached any more")
            return True
        self._attached.release()
        return False

    def _start_again(self, server: Server) -> None:
        self._withdraw()
        now = time.monotonic()
        if len(self._deaths) == DEATHS and now - self._deaths[0] < DEATHS_WITHIN:
            path = self._folder.log(server.program.name)
            raise EmbeddedError(f"{server.program.name} keeps dying; {path} says why. The servers were stopped.")
        self._deaths.append(now)
        log.warning("%s died; starting it again on port %d", server.program.name, server.port)
        server.start(same_port=True)
        self._publish()

    def _publish(self) -> None:
        self._publication = Publication(
            self._folder,
            Addresses(
                database_url=f"postgresql://{USER}:{self._password}@127.0.0.1:{self._postgres.port}/{DATABASE}",
                redis_url=f"redis://:{self._password}@127.0.0.1:{self._valkey.port}/0",
                fast=self._fast,
                keeper_pid=os.getpid(),
                postgres_pid=self._postgres.pid,
                valkey_pid=self._valkey.pid,
            ),
        )
        log.info("PostgreSQL on port %d, Valkey on port %d", self._postgres.port, self._valkey.port)

    def _withdraw(self) -> None:
        if self._publication:
            self._publication.withdraw()
            self._publication = None

    def _last_ports(self) -> dict[str, int]:
        """Give the ports of the last run: commands that lost their keeper find its successor at the old address."""
        try:
            ports: dict[str, int] = json.loads(self._folder.ports.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return ports

    def _ask_to_end(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._asked_to_end = True
