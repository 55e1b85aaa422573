"""Write down how a try ended.

Promise: exactly one of the state table's transitions happens, under the fence of the try; a worker that lost its
lease changes nothing. The try's line in the timeline is completed in the same transaction, and the next waiting
job of the same connection is woken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.transition import now, soon, started, transition
from app.domain.jobs.late import look
from app.domain.jobs.model import WAITING_TO_RUN, Job, JobAttempt, JobPart
from app.domain.jobs.states import JobEvent, JobState, JobStep
from app.domain.jobs.verdict import Verdict
from app.services import gates
from app.services.db import tenant_of
from connectors.contract import PublishedRef

HALTS = (JobEvent.BACK_OFF, JobEvent.PARK, JobEvent.FAIL)
"""Ends of a try that had no effect: a wish to cancel that came meanwhile is granted instead."""
ABORTED = {"step": None, "lease_until": None, "wake_at": None}


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is known about one try."""

    job_id: UUID
    fence: int
    part: int
    verdict: Verdict
    ref: PublishedRef | None = None
    """Where the part is, when it is out."""
    checkpoint: dict[str, Any] | None = None
    exchanges: Sequence[dict[str, Any]] = field(default_factory=tuple)


async def settle(session: AsyncSession, command: Settlement) -> Job:
    """Apply the verdict.

    Raises:
        LeaseLost: the fence is not ours any more; nothing was written.
    """
    verdict = command.verdict
    if command.ref is not None:
        await place(session, command.job_id, command.part, command.ref)
    if command.checkpoint is not None:
        mine = _part(session, command.job_id, command.part)
        await session.execute(update(JobPart).where(*mine).values(checkpoint=command.checkpoint))
    details: dict[str, Any] = {"part": command.part}
    if verdict.fault is not None:
        details["fault"] = verdict.fault["kind"]
    # The part is named too: a settlement whose commit landed unseen must not be applied to the next part.
    held = (Job.fence == command.fence, Job.part == command.part)
    job = None
    if verdict.event in HALTS:
        wish = (*held, Job.cancel_requested_at.is_not(None))
        job = await transition(session, command.job_id, JobEvent.ABORT, where=wish, values=ABORTED, details=details)
    if job is None:
        values = await consequences(session, command.job_id, verdict, command.ref)
        job = await transition(session, command.job_id, verdict.event, where=held, values=values, details=details)
    if job is None:
        raise LeaseLost("Another worker holds this job now.", hint="Nothing to do: the other worker goes on.")
    await close_attempt(session, job, command)
    if job.state is not JobState.PUBLISHING:
        await pass_baton(session, job)
    return job


async def consequences(
    session: AsyncSession, job_id: UUID, verdict: Verdict, ref: PublishedRef | None
) -> dict[str, Any]:
    """The columns that follow from a verdict."""
    event = verdict.event
    if event in (JobEvent.PUBLISH_PART, JobEvent.FIND_PART, JobEvent.CONFIRM_PART):
        going_on: dict[str, Any] = {
            "part": Job.part + 1,
            "fault": None,
            "unknown_since": None,
            "processing_since": None,
        }
        if event is JobEvent.PUBLISH_PART:
            return {**going_on, "step": JobStep.PREPARED, "attempts": 1}
        # A person, reconcile or a poll settled this part: the next one is claimed afresh, at once.
        return {**going_on, "step": None, "attempts": 0, "lease_until": None, "ready_at": now(), "wake_at": now()}
    values: dict[str, Any] = {"lease_until": None, "step": None, "fault": verdict.fault}
    if event in (JobEvent.PUBLISH, JobEvent.FIND, JobEvent.CONFIRM):
        first = await session.scalar(select(JobPart.url).where(*_part(session, job_id, 0)))
        reference = ref.id if ref else None
        return {**values, "wake_at": None, "platform_ref": reference, "url": first, "published_at": now()}
    if event in (JobEvent.FAIL, JobEvent.GIVE_UP, JobEvent.BURY, JobEvent.ABORT, JobEvent.ASK):
        return {**values, "wake_at": None}
    if not verdict.counts:
        values["attempts"] = Job.attempts - 1
    if event is JobEvent.PARK:
        again = None if verdict.wait is None else soon(verdict.wait)
        return {**values, "park_reason": verdict.park, "wake_at": look(again)}
    if verdict.wait is None:
        raise ValueError(f"a verdict of {event} must say when to look again")
    again = soon(verdict.wait)
    if event is JobEvent.PROVE_ABSENT:
        # The lost try was none: leave room for the next one. The publish window bounds how often this can be.
        values["attempts"] = func.least(Job.attempts, Job.max_attempts - 1)
    if event in (JobEvent.BACK_OFF, JobEvent.PROVE_ABSENT):
        # Looked at when the window ends, if that is earlier than the next try: nobody learns of a miss late.
        return {**values, "ready_at": again, "wake_at": look(again), "unknown_since": None, "processing_since": None}
    if event is JobEvent.ACCEPT:
        return {**values, "wake_at": again, "processing_since": func.coalesce(Job.processing_since, now())}
    # LOSE_ANSWER, OVERDUE: the step stays where it was, as evidence.
    return {**values, "step": JobStep.SENDING, "wake_at": again, "unknown_since": now(), "processing_since": None}


async def place(session: AsyncSession, job_id: UUID, part: int, ref: PublishedRef) -> None:
    """Keep where a part is on the platform."""
    values = {"platform_ref": ref.id, "url": ref.url, "extra": dict(ref.extra)}
    await session.execute(update(JobPart).where(*_part(session, job_id, part)).values(values))


async def close_attempt(session: AsyncSession, job: Job, command: Settlement) -> None:
    """Complete the try's line in the timeline."""
    going_on = command.verdict.event is JobEvent.PUBLISH_PART
    values: dict[str, Any] = {
        "outcome": command.verdict.event.value,
        "fault": command.verdict.fault,
        "step": job.step,
        "exchanges": list(command.exchanges),
        "ended_at": None if going_on else now(),
    }
    mine = (
        JobAttempt.tenant_id == tenant_of(session),
        JobAttempt.job_id == job.id,
        JobAttempt.fence == command.fence,
    )
    await session.execute(update(JobAttempt).where(*mine).values(values))


async def end_attempt(session: AsyncSession, job: Job, fence: int, event: JobEvent) -> None:
    """Complete the line of a try that ended without an answer of the platform's."""
    mine = (
        JobAttempt.tenant_id == tenant_of(session),
        JobAttempt.job_id == job.id,
        JobAttempt.fence == fence,
        JobAttempt.ended_at.is_(None),
    )
    await session.execute(update(JobAttempt).where(*mine).values(ended_at=now(), outcome=event.value))


async def pass_baton(session: AsyncSession, job: Job) -> None:
    """Wake the next job of this connection: it was offered while this one ran and could not be claimed."""
    tenant = tenant_of(session)
    waiting = (
        select(Job.id)
        .where(
            Job.tenant_id == tenant,
            Job.connection_id == job.connection_id,
            # Written as the partial index states it, so that the planner knows it again.
            text(WAITING_TO_RUN),
            Job.ready_at <= started(),
            Job.wake_at > started(),
        )
        .order_by(Job.ready_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    query = update(Job).where(Job.tenant_id == tenant, Job.id == waiting).values(wake_at=now()).returning(Job.wake_at)
    woken = await session.scalar(query.execution_options(synchronize_session=False))
    if woken is not None:
        gates.lower(session, woken)


def _part(session: AsyncSession, job_id: UUID, position: int) -> tuple[Any, ...]:
    return (JobPart.tenant_id == tenant_of(session), JobPart.job_id == job_id, JobPart.position == position)
