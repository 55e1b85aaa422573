"""What a user does with posts that missed their window while their account was away: out now, at a new time, or let go.

The caller owns the transaction. Only jobs that were provably never sent are taken; each goes out under the keys that
it always had, so that even a platform that did see one would know it again. Asked dry, everything is counted and
nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.drop import drop
from app.actions.jobs.retry import Retry, retry
from app.actions.posts.check import SCHEDULABLE
from app.domain.connections import queries as connections
from app.domain.connections.errors import ConnectionNotUsable
from app.domain.jobs import queries as jobs
from app.domain.jobs.missed import releasable
from app.domain.jobs.model import Job
from app.kernel.errors import InvalidInput, NotFound

AT_ONCE = 100
"""Jobs of one request; the answer says whether there are more."""


class MissedAction(StrEnum):
    """What becomes of posts that missed their window."""

    PUBLISH_NOW = "publish_now"
    """They go out at once, one after the other."""
    RESCHEDULE = "reschedule"
    """They go out at the time given."""
    DROP = "drop"
    """They are let go: they stay failed and are offered no more."""


@dataclass(frozen=True, slots=True)
class ReleaseMissed:
    """Which jobs, by connection or one by one, and what becomes of them; the times go with the two that publish."""

    action: MissedAction
    due_at: datetime
    publish_by: datetime
    connection_id: UUID | None = None
    job_ids: tuple[UUID, ...] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """What was done, or would be."""

    jobs: Sequence[Job]
    """Those that were (or would be) released or dropped, as they are now."""
    left: Sequence[Job]
    """Those that were named and are not touched: not missed, or not provably unsent."""
    more: bool
    """Whether the connection has others that did not fit in one request."""


async def release_missed(session: AsyncSession, command: ReleaseMissed) -> Released:
    """Release, move or drop missed jobs.

    Raises:
        NotFound: the connection or a job does not exist in this tenant.
        InvalidInput: both or neither of the connection and the jobs are named.
        ConnectionNotUsable: their account has to be reconnected first; nothing was changed.
    """
    named = await _named(session, command)
    wanted = [job.id for job in named] if command.job_ids is not None else None
    found = await releasable(session, connection_id=command.connection_id, job_ids=wanted, limit=AT_ONCE + 1)
    chosen, more = found[:AT_ONCE], len(found) > AT_ONCE
    if command.action is not MissedAction.DROP:
        keys = [command.connection_id] if command.connection_id is not None else [job.connection_id for job in chosen]
        await _refuse_unusable(session, keys)
    left = [job for job in named if job.id not in {one.id for one in chosen}]
    if command.dry_run:
        return Released(chosen, left, more)
    return Released([await _done(session, job, command) for job in chosen], left, more)


async def _named(session: AsyncSession, command: ReleaseMissed) -> Sequence[Job]:
    if (command.connection_id is None) == (command.job_ids is None):
        raise InvalidInput(
            "Name either the connection or the jobs.",
            hint="Give connectionId or jobIds, and not both.",
            path=("input", "connectionId"),
        )
    if command.connection_id is not None:
        await connections.connection(session, command.connection_id)
        return ()
    wanted = dict.fromkeys(command.job_ids or ())
    if not 0 < len(wanted) <= AT_ONCE:
        raise InvalidInput(
            f"Name 1 to {AT_ONCE} jobs.",
            hint="Give more jobs in several calls, or name their connection.",
            path=("input", "jobIds"),
        )
    named = await jobs.by_ids(session, list(wanted))
    if len(named) < len(wanted):
        raise NotFound("job", path=("input", "jobIds"))
    return named


async def _refuse_unusable(session: AsyncSession, keys: Sequence[UUID]) -> None:
    for row in await connections.by_ids(session, list(dict.fromkeys(keys))):
        if row.state not in SCHEDULABLE:
            raise ConnectionNotUsable(row)


async def _done(session: AsyncSession, job: Job, command: ReleaseMissed) -> Job:
    if command.action is MissedAction.DROP:
        dropped = await drop(session, job.id)
        if dropped is None:
            raise RuntimeError("a job that is locked as missed is not missed")
        return dropped
    return await retry(session, Retry(job.id, command.due_at, command.publish_by))
