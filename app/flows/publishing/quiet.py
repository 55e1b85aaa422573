"""Quiet hours where jobs meet them: as a due job is woken, as a post is planned, and as the hours are changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.hold import look_at_held
from app.actions.rules.decide import Decide, decide
from app.domain.connections.queries import connection as read_connection
from app.domain.jobs.model import Job
from app.domain.jobs.states import MACHINE, JobEvent
from app.domain.rules.queries import Rules, quiet_hours


@dataclass(frozen=True, slots=True)
class Wait:
    """What quiet hours would do to a post on some connections."""

    until: datetime
    zone: str
    connections: tuple[UUID, ...]
    past_window: bool
    """They end after the window: the late policy decides."""


async def quiet_until(session: AsyncSession, job: Job, now: datetime) -> datetime | None:
    """Until when a job that is woken must not go out; None where it may."""
    if job.part or job.state not in MACHINE.sources(JobEvent.HOLD):
        return None
    quiet = (await quiet_hours(session, [job.connection_id])).get(job.connection_id)
    return None if quiet is None else quiet.until(now)


async def foreseen(
    session: AsyncSession, connections: Sequence[UUID], due_at: datetime, publish_by: datetime
) -> list[Wait]:
    """How long a post that is due then will wait, by the rules of today."""
    found: dict[tuple[datetime, str], list[UUID]] = {}
    for key, quiet in (await quiet_hours(session, connections)).items():
        until = quiet.until(due_at)
        if until is not None:
            found.setdefault((until, quiet.zone), []).append(key)
    return [Wait(until, zone, tuple(keys), until >= publish_by) for (until, zone), keys in sorted(found.items())]


async def decide_rules(session: AsyncSession, command: Decide) -> Rules:
    """Decide rules, and look at what is held back by the ones before.

    Raises:
        NotFound: the connection does not exist in this tenant.
    """
    if command.connection_id is not None:
        await read_connection(session, command.connection_id)
    decided = await decide(session, command)
    await look_at_held(session, command.connection_id)
    return decided
