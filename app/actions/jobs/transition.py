"""The one way in which a job changes its state.

Every verb of jobs goes through `transition`, so that three things cannot be forgotten: the state table guards the
UPDATE, the change has exactly one event, and the post's stored state follows in the same transaction. What a
job has reserved of an allowance and does not use is given back here too. Rows are locked in one order everywhere: jobs,
then the post, allowances, the gate, the tenant's counter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, case, func, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.give_back import give_back
from app.domain.jobs.model import Job
from app.domain.jobs.states import MACHINE, OF_THE_PLATFORM, JobEvent, JobState
from app.domain.posts.model import Post
from app.domain.posts.states import project
from app.services import events, gates
from app.services.db import tenant_of
from app.services.tables import Word

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


def now() -> ColumnElement[datetime]:
    """The database's clock: the one owner of time."""
    return func.clock_timestamp()


def started() -> ColumnElement[datetime]:
    """The database's clock as the statement began: stable within it, so that it can end an index range."""
    return func.statement_timestamp()


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
    if job is None:
        return None
    if job.wake_at is not None:
        gates.lower(session, job.wake_at)
    await follow(session, job.post_id)
    if job.reserved is not None:
        await give_back(session, job, event)
    events.record(
        session,
        events.Event(PAST[event], "job", job.id, {"state": job.state, "postId": str(job.post_id), **(details or {})}),
    )
    return job


async def follow(session: AsyncSession, post_id: UUID) -> None:
    """Bring a post's stored state up to the states of its jobs. Call it after the jobs were changed."""
    tenant = tenant_of(session)
    # The lock comes first and the jobs are read by a statement of their own: it sees what a concurrent
    # settlement of a sibling has committed while we waited.
    mine = (Post.tenant_id == tenant, Post.id == post_id)
    known = await session.scalar(select(Post.state).where(*mine).with_for_update())
    # What waits for its platform alone needs nobody: to the planner it waits for its time.
    waits = (Job.park_reason.in_(OF_THE_PLATFORM), JobState.SCHEDULED.value)
    shown = type_coerce(case(waits, else_=Job.state), Word(JobState))
    states = (await session.scalars(select(shown).where(Job.tenant_id == tenant, Job.post_id == post_id))).all()
    state = project(states)
    if state == known:
        return
    await session.execute(
        update(Post).where(*mine).values(state=state, updated_at=now()).execution_options(synchronize_session=False)
    )
    events.record(session, events.Event("post.updated", "post", post_id, {"state": state}))
