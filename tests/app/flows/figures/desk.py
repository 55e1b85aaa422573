"""A connection whose posts are out, and hands to let time pass and figures be collected."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.actions.figures.clocks import bring_forward, make_clocks, offer
from app.domain.connections.model import Connection
from app.domain.figures.model import Collection, CollectionRun, PostFigures, Snapshot
from app.domain.figures.queries import of_connections, of_jobs, runs_of
from app.domain.jobs.model import Job
from app.flows.figures.collect import collect
from tests.fixtures.world import World

AGAIN = timedelta(seconds=30)


@dataclass
class Desk:
    """One connection of a workspace."""

    world: World
    connection: Connection

    @classmethod
    async def of(cls, world: World) -> Desk:
        """A new connection with a clock."""
        # A server of its own: how many pages a server is asked for is counted for all tests together.
        desk = cls(world, await world.connection(server=f"https://{secrets.token_hex(6)}.example"))
        await desk.scan()
        return desk

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    async def scan(self) -> list[tuple[str, str]]:
        """What the scheduler does; gives what it offers of this workspace."""
        async with self.world.db.system() as session:
            await make_clocks(session, limit=1000)
            await bring_forward(session, again=AGAIN)
            due = await offer(session, limit=1000, again=AGAIN)
        return [one for one in due if one[0] == str(self.world.tenant)]

    async def out(self, *, ago: timedelta = timedelta(), parts: int = 1, figures: dict[str, int] | None = None) -> Job:
        """A job that is out; the platform tells these figures of each part."""
        job = await self.world.job(self.connection, parts=parts)
        at = self.now - ago
        for position in range(parts):
            ref = f"{job.id}/{position}"
            await self.world.owner.execute(
                "UPDATE job_parts SET platform_ref = $2, url = 'https://scripted.example' "
                "WHERE job_id = $1 AND position = $3",
                job.id,
                ref,
                position,
            )
            if figures is not None:
                self.world.platform.figures[ref] = dict(figures)
        await self.world.set(
            job.id, state="published", wake_at=None, platform_ref=f"{job.id}/{parts - 1}", published_at=at, due_at=at
        )
        return await self.world.row(job.id)

    async def look(self) -> None:
        """Let a worker look once."""
        await collect(self.world.rt, self.world.tenant, self.connection.id)

    async def after(self, time: timedelta) -> None:
        """Let time pass, then let a worker look."""
        self.world.clock.ahead += time
        await self.look()

    async def clock(self) -> Collection | None:
        """The connection's clock."""
        async with self.world.db.read(self.world.tenant) as session:
            return next(iter(await of_connections(session, [self.connection.id])), None)

    async def rows(self, job: Job) -> list[PostFigures]:
        """The parts of a job that are watched."""
        async with self.world.db.read(self.world.tenant) as session:
            return list(await of_jobs(session, [job.id]))

    async def runs(self) -> list[CollectionRun]:
        """The runs, oldest first."""
        async with self.world.db.read(self.world.tenant) as session:
            return list(reversed(await runs_of(session, self.connection.id)))

    async def snapshots(self, subject: UUID) -> list[tuple[str, int]]:
        """The metric and value of each snapshot of a subject, in their order."""
        query = select(Snapshot).where(Snapshot.subject_id == subject).order_by(Snapshot.at, Snapshot.metric)
        async with self.world.db.read(self.world.tenant) as session:
            return [(row.metric, row.value) for row in await session.scalars(query)]

    async def turn(self, **values: Any) -> None:
        """Write columns of the connection's clock past every guard."""
        columns = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, start=2))
        await self.world.owner.execute(
            f"UPDATE figure_collections SET {columns} WHERE connection_id = $1", self.connection.id, *values.values()
        )
