"""A reader of a workspace's events who loses the connection again and again and resumes behind its last cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.flows.live.course import Course
from app.flows.live.feed import Topic, follow
from app.flows.runtime import Runtime
from app.services import events
from app.services.events import EventRow

EVERYTHING: Topic[Any] = Topic(kind=None, state=None, read=None)
LOST = (DBAPIError, OSError)
"""What a reader meets whose database server dies."""
PATIENCE = 4
"""Events after which the connection is lost."""


@dataclass(slots=True)
class Reader:
    """What it has seen, over all its connections."""

    rt: Runtime
    tenant: UUID
    seen: list[EventRow] = field(default_factory=list)
    connections: int = 0

    @property
    def cursor(self) -> int:
        """The number of the last event that it saw."""
        return self.seen[-1].seq if self.seen else 0

    async def read(self) -> None:
        """Read until cancelled."""
        while True:
            self.connections += 1
            feed = follow(self.rt, self.tenant, EVERYTHING, Course(self.cursor))
            count = 0
            try:
                async for moment in feed:
                    assert moment.event is not None
                    self.seen.append(moment.event)
                    count += 1
                    if count == PATIENCE:
                        break
                await feed.aclose()
            except LOST:
                await asyncio.sleep(0.05)

    async def caught_up(self) -> None:
        """Return once it has seen every event that there is."""
        async with self.rt.db.read(self.tenant) as session:
            newest = await events.latest(session)
        async with asyncio.timeout(60):
            with self.rt.bus.watch(self.tenant) as watch:
                while self.cursor < newest:
                    await watch.changed(0.05)

    def check(self) -> None:
        """Each event was seen once, in order, without a gap, although the connection was lost again and again."""
        assert [event.seq for event in self.seen] == list(range(1, len(self.seen) + 1))
        assert self.connections >= len(self.seen) // PATIENCE

    def of(self, subject: UUID) -> list[str]:
        """The names of what happened to one thing."""
        return [event.type for event in self.seen if event.subject_id == subject]


@asynccontextmanager
async def reading(rt: Runtime, tenant: UUID) -> AsyncIterator[Reader]:
    """Read from the first event on for the time of the block."""
    reader = Reader(rt, tenant)
    task = asyncio.create_task(reader.read())
    try:
        yield reader
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
