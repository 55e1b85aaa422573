"""Mutations about single jobs: decode, call the verb in one transaction, wrap."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import strawberry

from app.actions.jobs.cancel import Cancellation, cancel
from app.actions.jobs.reschedule import Reschedule, reschedule
from app.actions.jobs.resolve import Resolve, resolve
from app.actions.jobs.retry import Retry, retry
from app.actions.posts.schedule import window
from app.domain.jobs.review import Resolution
from app.domain.posts.planned_time import PlannedTime, usable
from app.flows.publishing.explain import explain
from app.kernel.errors import InvalidInput, NotFound
from resolvers.acting import acting
from resolvers.context import Info
from schema.jobs import results
from schema.jobs.job import Job
from schema.jobs.story import JobStory
from schema.node import decode
from schema.scalars import TimeZone

PATH = ("input", "jobId")
Zone = Annotated[
    TimeZone | None,
    strawberry.argument(description="By whose clock; null: the workspace's, else that of the plan, else UTC."),
]


async def explain_job(
    info: Info,
    job_id: Annotated[strawberry.ID, strawberry.argument(description="The job.")],
    zone: Zone = None,
) -> JobStory | None:
    """Tell a job's whole life; None where there is no such job."""
    context = info.context
    try:
        async with context.rt.db.read(context.tenant) as session:
            return JobStory.of(await explain(session, context.rt.catalog, decode(job_id, "Job"), zone))
    except NotFound:
        return None


async def cancel_job(
    info: Info,
    input: Annotated[results.CancelJobInput, strawberry.argument(description="The job.")],  # noqa: A002 -- the argument's name in the API
) -> results.CancelJobResult:
    """Cancel a job, and say what came of it."""
    job_id = decode(input.job_id, "Job", PATH)
    async with acting(info.context) as session:
        done = await cancel(session, job_id)
    kind = results.JobCancelled if done.result is Cancellation.CANCELLED else results.CancelRequested
    return kind(job=Job.of(done.job))


async def reschedule_job(
    info: Info,
    input: Annotated[results.RescheduleJobInput, strawberry.argument(description="The move.")],  # noqa: A002 -- the argument's name in the API
) -> results.RescheduleJobResult:
    """Move a job that waits."""
    rt, job_id, now = info.context.rt, decode(input.job_id, "Job", PATH), info.context.rt.clock.now()
    due_at = max(usable(input.publish_at.planned(), now).at, now)
    until = window(due_at, input.publish_by, rt.settings.timing)
    async with acting(info.context) as session:
        return results.JobRescheduled(
            job=Job.of(await reschedule(session, Reschedule(job_id, due_at, until, input.revision)))
        )


async def retry_job(
    info: Info,
    input: Annotated[results.RetryJobInput, strawberry.argument(description="The job.")],  # noqa: A002 -- the argument's name in the API
) -> results.RetryJobResult:
    """Take a failed job up again."""
    rt, job_id, now = info.context.rt, decode(input.job_id, "Job", PATH), info.context.rt.clock.now()
    time = PlannedTime(now) if input.publish_at is None else usable(input.publish_at.planned(), now)
    due_at = max(time.at, now)
    until = window(due_at, input.publish_by, rt.settings.timing)
    async with acting(info.context) as session:
        return results.JobRetried(job=Job.of(await retry(session, Retry(job_id, due_at, until))))


async def resolve_job(
    info: Info,
    input: Annotated[results.ResolveJobInput, strawberry.argument(description="The decision.")],  # noqa: A002 -- the argument's name in the API
) -> results.ResolveJobResult:
    """Settle a job whose outcome nobody could find out."""
    job_id, timing = decode(input.job_id, "Job", PATH), info.context.rt.settings.timing
    if input.resolution is Resolution.CONFIRM and input.url is None:
        raise InvalidInput("To confirm, say where the post is.", hint="Give `url`.", path=("input", "url"))
    until = timedelta(seconds=timing.publish_window)
    command = Resolve(job_id, input.resolution, input.url, (input.reason or "")[:500], until)
    async with acting(info.context) as session:
        return results.JobResolved(job=Job.of(await resolve(session, command)))
