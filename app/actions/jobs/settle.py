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

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.checkpoint import KEEP, LeaseLost
from app.actions.jobs.transition import change, now, soon, transition, written
from app.domain.jobs.late import look
from app.domain.jobs.model import WAITING_TO_RUN, Job, JobPart
from app.domain.jobs.states import JobEvent, JobState, JobStep
from app.domain.jobs.verdict import Verdict
from app.services import direct
from app.services.db import tenant_of
from connectors.contract import PublishedRef

HALTS = (JobEvent.BACK_OFF, JobEvent.PARK, JobEvent.FAIL)
"""Ends of a try that had no effect: a wish to cancel that came meanwhile is granted instead."""
ABORTED = {"step": None, "lease_until": None, "wake_at": None}

PLACE = """
    UPDATE job_parts SET platform_ref = $4, url = $5, extra = $6 WHERE tenant_id = $1 AND job_id = $2 AND position = $3
"""
CLOSE_ATTEMPT = """
    UPDATE job_attempts SET outcome = $4, fault = $5, step = $6, exchanges = $7,
        ended_at = CASE WHEN $8 THEN clock_timestamp() END
    WHERE tenant_id = $1 AND job_id = $2 AND fence = $3
"""
# A job that is out: the part's place, the job and the try's line at once. The part is locked after the job here.
PUBLISH = written(
    JobEvent.PUBLISH,
    """lease_until = NULL, step = NULL, fault = NULL, wake_at = NULL, reserved = NULL, platform_ref = $5,
    published_at = clock_timestamp(), url = CASE WHEN part = 0 THEN $6 ELSE (
        SELECT job_parts.url FROM job_parts WHERE tenant_id = $1 AND job_id = $2 AND position = 0) END""",
    "fence = $3 AND part = $4",
    f"""placed AS (
        UPDATE job_parts SET platform_ref = $5, url = $6, extra = $7 FROM changed
        WHERE job_parts.tenant_id = $1 AND job_parts.job_id = changed.id AND position = $4
    ), closed AS (
        UPDATE job_attempts SET outcome = '{JobEvent.PUBLISH}', fault = NULL, step = NULL, exchanges = $8,
            ended_at = clock_timestamp() FROM changed
        WHERE job_attempts.tenant_id = $1 AND job_attempts.job_id = changed.id AND job_attempts.fence = $3)""",  # noqa: S608 -- composed of the state table's own words
)
END_ATTEMPT = """
    UPDATE job_attempts SET ended_at = clock_timestamp(), outcome = $4
    WHERE tenant_id = $1 AND job_id = $2 AND fence = $3 AND ended_at IS NULL
"""
# The condition is written as the partial index states it, so that the planner knows it again; the statement's time
# is stable, so that it can end an index range. The gate is lowered after the job was found, as `gates.LOWER` does.
PASS_BATON = f"""(uuid, uuid) AS
    WITH woken AS (
        UPDATE jobs SET wake_at = clock_timestamp() WHERE tenant_id = $1 AND id = (
            SELECT id FROM jobs WHERE tenant_id = $1 AND connection_id = $2 AND {WAITING_TO_RUN}
            AND ready_at <= statement_timestamp() AND wake_at > statement_timestamp()
            ORDER BY ready_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING wake_at
    )
    UPDATE tenant_gates SET next_wake_at = least(next_wake_at, woken.wake_at) FROM woken WHERE tenant_id = $1
"""  # noqa: S608 -- composed of the state table's own words


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
    if command.ref is not None and verdict.event is JobEvent.PUBLISH and verdict.fault is None:
        return await _publish(session, command, command.ref)
    if command.ref is not None:
        await place(session, command.job_id, command.part, command.ref)
    if command.checkpoint is not None:
        kept = orjson.dumps(command.checkpoint).decode()
        await direct.rows(session, KEEP, tenant_of(session), command.job_id, command.part, kept)
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
        raise _lost()
    await close_attempt(session, job, command)
    if job.state is not JobState.PUBLISHING:
        await pass_baton(session, job)
    return job


async def _publish(session: AsyncSession, command: Settlement, ref: PublishedRef) -> Job:
    """What nearly every try ends with, in one statement."""
    extra, exchanges = orjson.dumps(dict(ref.extra)).decode(), orjson.dumps(list(command.exchanges)).decode()
    values = (command.fence, command.part, ref.id, ref.url, extra, exchanges)
    details = {"part": command.part}
    job = await change(session, command.job_id, JobEvent.PUBLISH, PUBLISH, *values, details=details)
    if job is None:
        raise _lost()
    await pass_baton(session, job)
    return job


def _lost() -> LeaseLost:
    return LeaseLost("Another worker holds this job now.", hint="Nothing to do: the other worker goes on.")


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
    extra = orjson.dumps(dict(ref.extra)).decode()
    await direct.rows(session, PLACE, tenant_of(session), job_id, part, ref.id, ref.url, extra)


async def close_attempt(session: AsyncSession, job: Job, command: Settlement) -> None:
    """Complete the try's line in the timeline."""
    verdict = command.verdict
    fault = orjson.dumps(verdict.fault).decode() if verdict.fault is not None else None
    exchanges = orjson.dumps(list(command.exchanges)).decode()
    ends = verdict.event is not JobEvent.PUBLISH_PART
    said = (verdict.event.value, fault, job.step, exchanges, ends)
    await direct.rows(session, CLOSE_ATTEMPT, tenant_of(session), job.id, command.fence, *said)


async def end_attempt(session: AsyncSession, job: Job, fence: int, event: JobEvent) -> None:
    """Complete the line of a try that ended without an answer of the platform's."""
    await direct.rows(session, END_ATTEMPT, tenant_of(session), job.id, fence, event.value)


async def pass_baton(session: AsyncSession, job: Job) -> None:
    """Wake the next job of this connection, as the transaction ends: it was offered while this one ran, in vain."""
    await direct.with_commit(session, "pass_baton", PASS_BATON, tenant_of(session), job.connection_id)


def _part(session: AsyncSession, job_id: UUID, position: int) -> tuple[Any, ...]:
    return (JobPart.tenant_id == tenant_of(session), JobPart.job_id == job_id, JobPart.position == position)
