"""The one way in which a job changes its state.

Every verb of jobs goes through `transition`, so that three things cannot be forgotten: the state table guards the
UPDATE, the change has exactly one event, and the post's stored state follows in the same transaction. What a job has
reserved of an allowance and does not use is given back here too. Rows are locked in one order everywhere: jobs, then
the post, allowances, the gate, the tenant's counter.

The changes that every post makes (claimed, intended, published) have their statement written out once, by `written`,
and go the same way by `change`: composing the statement anew and loading the row through the ORM is most of what such
a change costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.give_back import give_back
from app.domain.jobs.model import Job, quoted
from app.domain.jobs.states import MACHINE, OF_THE_PLATFORM, JobEvent, JobState
from app.domain.posts.states import project
from app.services import direct, events, gates
from app.services.db import tenant_of
from app.services.records import columns, reader

PAST: Mapping[JobEvent, str] = {
    JobEvent.CLAIM: "job.claimed",
    JobEvent.PARK: "job.parked",
    JobEvent.RELEASE: "job.released",
    JobEvent.CHECKPOINT: "job.checkpointed",
    JobEvent.INTEND: "job.intended",
    JobEvent.PUBLISH_PART: "job.part_published",
    JobEvent.PUBLISH: "job.published",
    JobEvent.ACCEPT: "job.accepted",
    JobEvent.LOSE_ANSWER: "job.became_unknown",
    JobEvent.BACK_OFF: "job.backed_off",
    JobEvent.FAIL: "job.failed",
    JobEvent.ABORT: "job.cancelled",
    JobEvent.RESCUE: "job.rescued",
    JobEvent.RESCUE_SENT: "job.became_unknown",
    JobEvent.BURY: "job.failed",
    JobEvent.OVERDUE: "job.became_unknown",
    JobEvent.FIND: "job.published",
    JobEvent.FIND_PART: "job.part_published",
    JobEvent.PROVE_ABSENT: "job.proved_absent",
    JobEvent.ASK: "job.needs_review",
    JobEvent.CONFIRM: "job.published",
    JobEvent.CONFIRM_PART: "job.part_published",
    JobEvent.SEND_AGAIN: "job.sent_again",
    JobEvent.GIVE_UP: "job.failed",
    JobEvent.CANCEL: "job.cancelled",
    JobEvent.RESCHEDULE: "job.rescheduled",
    JobEvent.REPLAY: "job.replayed",
    JobEvent.MISS: "job.failed",
    JobEvent.ASK_LATE: "job.needs_review",
    JobEvent.TAKE_UP: "job.taken_up",
    JobEvent.HOLD: "job.held",
}
"""The name that each change has in the event log."""

STAYS = frozenset(event for event in JobEvent if MACHINE.sources(event) == (MACHINE.target(event),))
"""What leaves the state as it is: the post has nothing to follow."""

LATER = frozenset({JobEvent.INTEND})
"""What moves `wake_at` to a later moment only, by a lease that is renewed: the gate stays below it."""

LOCK_POST = "SELECT state FROM posts WHERE tenant_id = $1 AND id = $2 FOR UPDATE"
# What waits for its platform alone needs nobody: to the planner it waits for its time.
STATES_OF_POST = f"""
    SELECT CASE WHEN park_reason IN ({quoted(OF_THE_PLATFORM)}) THEN '{JobState.SCHEDULED}' ELSE state END AS state
    FROM jobs WHERE tenant_id = $1 AND post_id = $2
"""  # noqa: S608 -- composed of the state table's own words
MOVE_POST = "UPDATE posts SET state = $3, updated_at = clock_timestamp() WHERE tenant_id = $1 AND id = $2"

_job = reader(Job)


def now() -> ColumnElement[datetime]:
    """The database's clock: the one owner of time."""
    return func.clock_timestamp()


def soon(wait: timedelta) -> ColumnElement[datetime]:
    """The database's clock, and a while."""
    moment: ColumnElement[datetime] = func.clock_timestamp() + wait
    return moment


async def transition(
    session: AsyncSession,
    job_id: UUID,
    event: JobEvent,
    *,
    where: Sequence[ColumnExpressionArgument[bool]] = (),
    values: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Job | None:
    """Apply `event` to a job if its state and the guards allow it.

    Returns:
        The changed row, or None when no row matched; then nothing was changed and no event was recorded.
    """
    target = MACHINE.target(event)
    written = {"failed_at": now() if target is JobState.FAILED else None, "discarded_at": None, **(values or {})}
    query = (
        update(Job)
        .where(Job.tenant_id == tenant_of(session), Job.id == job_id, Job.state.in_(MACHINE.sources(event)), *where)
        .values(state=target, updated_at=now(), revision=Job.revision + 1, **written)
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    job = await session.scalar(query)
    if job is not None:
        if event not in STAYS:
            await follow(session, job.post_id)
        await _tell(session, job, event, details)
    return job


def written(event: JobEvent, sets: str, where: str, also: str = "", *, before: str = "") -> str:
    """The statement of a transition, for `change`: `$1` is the workspace and `$2` the job; the verb's own come after.

    Where the post has something to follow it goes with the job if that is its only one: jobs come with their post, so
    there will be no other. The post of several jobs is locked, after the job, and `change` reads what they are.

    Args:
        event: What happens; the state table says from which states, and to which.
        sets: The other columns that change, as SQL.
        where: The other guards, as SQL.
        also: What changes with the job, as common table expressions that read the row `changed`.
        before: What is read of the job under its lock before it changes: `looked_at`, the moment of its next look,
            so that the gate is lowered only where the new one is earlier.
    """
    target = MACHINE.target(event)
    changed = f"""
        changed AS (
            UPDATE jobs SET state = '{target}', updated_at = clock_timestamp(), revision = revision + 1, {sets}
            {"FROM before" if before else ""}
            WHERE tenant_id = $1 AND id = $2 AND state IN ({quoted(MACHINE.sources(event))}) AND {where}
            RETURNING {columns(Job)}{", looked_at" if before else ""}
        ){also and ","}
        {also}
    """  # noqa: S608 -- composed of the state table's own words and of constants
    changed = f"WITH {before and f'before AS MATERIALIZED ({before}), '}{changed}"
    if event in STAYS:
        return f"{changed} SELECT * FROM changed"  # noqa: S608 -- the same
    follows = project([target])
    return f"""
        {changed}, alone AS (
            SELECT post_id FROM changed WHERE NOT EXISTS (
                SELECT FROM jobs WHERE jobs.tenant_id = $1 AND jobs.post_id = changed.post_id AND jobs.id <> changed.id)
        ), moved AS (
            UPDATE posts SET state = '{follows}', updated_at = clock_timestamp() FROM alone
            WHERE posts.tenant_id = $1 AND posts.id = alone.post_id AND posts.state <> '{follows}'
            RETURNING posts.state
        )
        SELECT changed.*, post.state AS post_state, (SELECT state FROM moved) AS post_moved
        FROM changed LEFT JOIN LATERAL (
            {LOCK_POST.replace("$2", "changed.post_id AND NOT EXISTS (SELECT FROM alone)")}
        ) AS post ON true
    """  # noqa: S608 -- the same


async def change(
    session: AsyncSession,
    job_id: UUID,
    event: JobEvent,
    statement: str,
    *values: object,
    details: Mapping[str, Any] | None = None,
) -> Job | None:
    """Like `transition`, by the statement that `written` made for `event`; the session does not watch the row."""
    row = await direct.row(session, statement, tenant_of(session), job_id, *values)
    if row is None:
        return None
    job = _job(row)
    if event not in STAYS:
        if row["post_moved"] is not None:
            _post_moved(session, job.post_id, row["post_moved"])
        elif row["post_state"] is not None:
            await _project(session, job.post_id, row["post_state"])
    await _tell(session, job, event, details, looked_at=row.get("looked_at"))
    return job


async def _tell(
    session: AsyncSession,
    job: Job,
    event: JobEvent,
    details: Mapping[str, Any] | None,
    *,
    looked_at: datetime | None = None,
) -> None:
    if job.reserved is not None:
        await give_back(session, job, event)
    # A gate that stands below the moment before stands below a later one: its lock is left to others.
    if job.wake_at is not None and event not in LATER and (looked_at is None or job.wake_at < looked_at):
        gates.lower(session, job.wake_at)
    events.record(
        session,
        events.Event(PAST[event], "job", job.id, {"state": job.state, "postId": str(job.post_id), **(details or {})}),
    )


async def follow(session: AsyncSession, post_id: UUID) -> None:
    """Bring a post's stored state up to the states of its jobs. Call it after the jobs were changed."""
    known = await direct.row(session, LOCK_POST, tenant_of(session), post_id)
    if known is not None:
        await _project(session, post_id, known["state"])


async def _project(session: AsyncSession, post_id: UUID, known: str) -> None:
    # The post is locked by now, and the jobs are read by a statement of their own: it sees what a concurrent
    # settlement of a sibling has committed while we waited.
    tenant = tenant_of(session)
    state = project([row["state"] for row in await direct.rows(session, STATES_OF_POST, tenant, post_id)])
    if state == known:
        return
    await direct.rows(session, MOVE_POST, tenant, post_id, state)
    _post_moved(session, post_id, state)


def _post_moved(session: AsyncSession, post_id: UUID, state: str) -> None:
    events.record(session, events.Event("post.updated", "post", post_id, {"state": state}))
