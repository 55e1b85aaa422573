"""Probes: does the process live, can it serve, and its figures.

`/livez` says nothing but that the event loop turns. `/readyz` proves each part that an answer needs, with what was
found; each proof has one second, and the answer is kept for one, so that many probes cost no more than one.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final, TypedDict
from uuid import UUID

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.domain.processes import queries as processes
from app.flows.health.parts import ALIVE
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services import schema
from app.services.vault import Place
from connectors.secret import Secret

TIMEOUT: Final = 1.0
"""Seconds that each proof has."""
KEPT: Final = 1.0
"""Seconds that an answer is given again."""
DEAF: Final = 6.0
"""Seconds without a sound after which the bus is broken: it hears its own beat every two."""
PROBE: Final = Place(None, "readiness", UUID(int=0), "probe")


class NotReady(Exception):
    """A part does not work; the message says what was found."""


class Part(TypedDict):
    """One part's state, with what it was concluded from."""

    ok: bool
    evidence: str


class Readiness:
    """Looks at every part; one look at a time, kept for a second."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._lock = asyncio.Lock()
        self._parts: dict[str, Part] = {}
        self._looked: float | None = None

    async def parts(self) -> dict[str, Part]:
        """Each part's state."""
        async with self._lock:
            now = self._rt.clock.boottime()
            if self._looked is None or now - self._looked >= KEPT:
                proofs = {
                    "database": self._database,
                    "migrations": self._migrations,
                    "bus": self._bus,
                    "process": self._process,
                    "vault": self._vault,
                }
                found = await asyncio.gather(*(_proved(proof) for proof in proofs.values()))
                self._parts = dict(zip(proofs, found, strict=True))
                self._looked = now
            return self._parts

    async def _database(self) -> str:
        async with self._rt.db.system() as session:
            await session.execute(text("SELECT 1"))
        return "answered"

    async def _migrations(self) -> str:
        async with self._rt.db.system() as session:
            found = await schema.current(session)
        wanted = await asyncio.to_thread(schema.head)
        if found != wanted:
            raise NotReady(f"the schema is at {found or 'nothing'}, this release needs {wanted}: run `postd migrate`")
        return f"the schema is at {found}"

    async def _bus(self) -> str:
        age = self._rt.bus.age
        if age is None:
            raise NotReady("nothing was heard yet: is Redis up?")
        if age > DEAF:
            raise NotReady(f"nothing was heard for {age:.0f} s: is Redis up?")
        return f"heard {age:.1f} s ago"

    async def _process(self) -> str:
        """The sign of life that others see: a process whose own stays away is stuck, whatever else works."""
        async with self._rt.db.system() as session:
            age = await processes.last_sign(session, "api", socket.gethostname(), os.getpid())
        if age is None:
            raise NotReady("this process has given no sign of life yet")
        if age > ALIVE:
            raise NotReady(f"this process has given no sign of life for {age.total_seconds():.0f} s: restart it")
        return f"gave a sign of life {max(0.0, age.total_seconds()):.1f} s ago"

    async def _vault(self) -> str:
        if not await asyncio.to_thread(self._seals):
            raise NotReady("what was sealed opens as something else")
        return "sealed and opened"

    def _seals(self) -> bool:
        vault, secret = self._rt.vault, Secret("ready")
        return vault.open(vault.seal(secret, PROBE), PROBE) == secret


async def _proved(proof: Callable[[], Awaitable[str]]) -> Part:
    try:
        async with asyncio.timeout(TIMEOUT):
            return Part(ok=True, evidence=await proof())
    except NotReady as error:
        return Part(ok=False, evidence=str(error))
    except TimeoutError:
        return Part(ok=False, evidence=f"no answer within {TIMEOUT:.0f} s")
    except Exception as error:  # noqa: BLE001 -- whatever a part raises, it is not ready; its text may hold addresses
        return Part(ok=False, evidence=type(error).__name__)


def routes(rt: Runtime) -> list[BaseRoute]:
    """`/livez`, `/readyz` and `/metrics`."""
    readiness = Readiness(rt)

    async def livez(_request: Request) -> Response:
        return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})

    async def readyz(_request: Request) -> Response:
        parts = await readiness.parts()
        ready = all(part["ok"] for part in parts.values())
        body = {"ready": ready, "parts": parts}
        return JSONResponse(body, 200 if ready else 503, headers={"Cache-Control": "no-store"})

    async def figures(_request: Request) -> Response:
        return Response(metrics.render(), headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"})

    return [
        Route("/livez", livez, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", figures, methods=["GET"]),
    ]
