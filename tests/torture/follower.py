"""A client of the API that follows a workspace's jobs over WebSocket, loses its connection, and resumes."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from websockets.exceptions import InvalidHandshake

from app.actions.keys.create import CreateKey
from app.actions.keys.create import create as create_key
from app.actions.tenants.create import create as create_tenant
from app.domain.keys.model import Scope
from app.services import events
from schema.events import cursor_of
from tests.processes.subscriber import Subscriber
from tests.torture.stage import Stage

MOST = 100_000


@dataclass(slots=True)
class Follower:
    """What one client has seen over all its connections."""

    stage: Stage
    tenant: UUID
    subscriber: Subscriber
    _task: asyncio.Task[None]

    @classmethod
    async def of_a_new_tenant(cls, stage: Stage) -> tuple[UUID, Self]:
        """A workspace of its own, followed from its first event on."""
        async with stage.rt.db.system() as session:
            tenant: UUID = await create_tenant(session, f"t{secrets.token_hex(6)}", "Tortured")
        return tenant, await cls.of(stage, tenant)

    @classmethod
    async def of(cls, stage: Stage, tenant: UUID) -> Self:
        """Somebody who follows a workspace."""
        async with stage.rt.db.transaction(tenant) as session:
            made = await create_key(session, CreateKey("follower", [Scope.READ], stage.rt.clock.now(), "test"))
        subscriber = Subscriber(f"ws://127.0.0.1:{stage.port}/graphql", made.presented, cursor_of(tenant, 0))
        return cls(stage, tenant, subscriber, asyncio.create_task(_persist(subscriber)))

    async def reconnect(self) -> None:
        """Lose the connection and come back behind the last cursor."""
        await self.stop()
        self._task = asyncio.create_task(_persist(self.subscriber))

    async def stop(self) -> None:
        """Stop following."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def check(self) -> str | None:
        """What is wrong with what it has seen, once it had the time to see all; None: each event once, in order."""
        async with self.stage.rt.db.read(self.tenant) as session:
            rows = await events.read_after(session, 0, MOST)
        wanted = [(cursor_of(row.tenant_id, row.seq), row.type) for row in rows if row.subject_kind == "job"]
        with suppress(TimeoutError):
            await self.subscriber.has(len(wanted))
        seen = [(one["event"]["cursor"], one["event"]["type"]) for one in self.subscriber.seen]
        if seen == wanted:
            return None
        return f"a follower saw {len(seen)} events of jobs in place of {len(wanted)}: {[one for _, one in seen][-5:]}"


async def _persist(subscriber: Subscriber) -> None:
    while True:
        # An answer with an error, or none: a client waits a moment and asks again.
        with suppress(AssertionError, InvalidHandshake, TimeoutError):
            await subscriber.follow()
        await asyncio.sleep(0.2)
