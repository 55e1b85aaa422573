"""A person settles a job whose outcome nobody could find out.

Promise: exactly one of three things follows: the post is recorded as published at the address given; it is sent
again under a new key, knowingly; or it is given up. Who decided stands in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.audited import audit
from app.actions.jobs.settle import consequences, place
from app.actions.jobs.transition import now, soon, transition
from app.domain.jobs.errors import JobNotInReview
from app.domain.jobs.faults import BY_HAND, own
from app.domain.jobs.late import ReviewReason, review_reason
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.queries import job as read_job
from app.domain.jobs.review import Resolution
from app.domain.jobs.states import JobEvent
from app.domain.jobs.verdict import Verdict
from app.kernel import ids
from app.kernel.errors import InvalidInput
from app.services.db import tenant_of
from connectors.contract import PublishedRef


@dataclass(frozen=True, slots=True)
class Resolve:
    """Which job, which decision; `url` goes with CONFIRM, `reason` with GIVE_UP."""

    job_id: UUID
    resolution: Resolution
    url: str | None = None
    reason: str = ""
    window: timedelta = timedelta(hours=6)
    """How long a job that is sent again may take."""


async def resolve(session: AsyncSession, command: Resolve) -> Job:
    """Settle a job that needs review.

    Raises:
        NotFound: no such job in this tenant.
        JobNotInReview: nobody has to settle it; nothing was changed.
        InvalidInput: another job's post is at that address; nothing was changed.
    """
    known = await read_job(session, command.job_id)
    if review_reason(known) is ReviewReason.LATE:
        raise JobNotInReview(known)
    match command.resolution:
        case Resolution.CONFIRM:
            job = await _confirm(session, known, command)
        case Resolution.SEND_AGAIN:
            job = await _send_again(session, known, command)
        case Resolution.GIVE_UP:
            fault = own("given_up", command.reason or "A person gave this post up.", "Retry it to send it after all.")
            values = {"wake_at": None, "lease_until": None, "step": None, "fault": fault}
            job = await transition(session, known.id, JobEvent.GIVE_UP, values=values)
    if job is None:
        raise JobNotInReview(known)
    details = {"resolution": command.resolution.value, "url": command.url, "reason": command.reason}
    await audit(session, "job.resolve", job, details)
    return job


async def _confirm(session: AsyncSession, known: Job, command: Resolve) -> Job | None:
    url = command.url or ""
    ref = PublishedRef(id=url, url=url, extra={BY_HAND: "yes"})
    position = known.part  # kept: the row that was read is brought up to date by the transition
    last = position == known.parts - 1
    event = JobEvent.CONFIRM if last else JobEvent.CONFIRM_PART
    values = await consequences(session, known.id, Verdict(event), ref)
    if last and known.parts == 1:
        values["url"] = url
    try:
        async with session.begin_nested():
            job = await transition(session, known.id, event, values=values, details={"url": url})
    except IntegrityError as error:
        if "uq_jobs_platform_ref" not in str(error.orig):
            raise
        raise InvalidInput(
            "Another post of this account is already at this address.",
            hint="Give the address of this job's own post.",
            path=("input", "url"),
        ) from error
    if job is not None:
        await place(session, known.id, position, ref)
    return job


async def _send_again(session: AsyncSession, known: Job, command: Resolve) -> Job | None:
    values = {
        "ready_at": now(),
        "wake_at": now(),
        "publish_by": soon(command.window),
        "owed_at": now(),
        "attempts": 0,
        "crashes": 0,
        "step": None,
        "fault": None,
        "unknown_since": None,
        "epoch": Job.epoch + 1,
    }
    job = await transition(session, known.id, JobEvent.SEND_AGAIN, values=values)
    if job is not None:
        # A new key: the platform must not take this for the try whose fate is unknown.
        part = (JobPart.tenant_id == tenant_of(session), JobPart.job_id == known.id, JobPart.position == known.part)
        fresh = {"attempt_key": ids.new(), "composed_at": now(), "checkpoint": {}, "intended_at": None}
        await session.execute(update(JobPart).where(*part).values(fresh))
    return job
