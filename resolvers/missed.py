"""The mutation about posts that missed their window: decode, lead the jobs in one transaction, wrap."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.actions.posts.schedule import window
from app.domain.posts.planned_time import PlannedTime, usable
from app.flows.publishing.missed import AT_ONCE, MissedAction, ReleaseMissed, release_missed
from app.kernel.errors import InvalidInput
from resolvers.acting import acting
from resolvers.context import Context, Info
from schema.jobs import missed_results as results
from schema.jobs.job import Job
from schema.node import decode
from schema.posts.inputs import bounded


async def release_missed_jobs(
    info: Info,
    input: Annotated[results.ReleaseMissedJobsInput, strawberry.argument(description="The choice.")],  # noqa: A002 -- the argument's name in the API
) -> results.ReleaseMissedJobsResult:
    """Publish missed posts now, move them, or let them go; or only count them."""
    command = _command(info.context, input)
    async with acting(info.context) as session:
        done = await release_missed(session, command)
    return results.MissedJobsReleased(
        count=len(done.jobs),
        jobs=[Job.of(job) for job in done.jobs],
        left_out=[Job.of(job) for job in done.left],
        more=done.more,
        dry_run=command.dry_run,
    )


def _command(context: Context, given: results.ReleaseMissedJobsInput) -> ReleaseMissed:
    now, connection, jobs = context.rt.clock.now(), given.connection_id, given.job_ids
    if (given.action is MissedAction.RESCHEDULE) != (given.publish_at is not None):
        raise InvalidInput(
            "publishAt belongs to RESCHEDULE.",
            hint="Give the new time to RESCHEDULE, and none to the other actions.",
            path=("input", "publishAt"),
        )
    bounded(jobs or (), AT_ONCE, ("input", "jobIds"))
    time = PlannedTime(now) if given.publish_at is None else usable(given.publish_at.planned(), now)
    due_at = max(time.at, now)
    return ReleaseMissed(
        action=given.action,
        due_at=due_at,
        publish_by=window(due_at, given.publish_by, context.rt.settings.timing),
        connection_id=None if connection is None else decode(connection, "Connection", ("input", "connectionId")),
        job_ids=None if jobs is None else tuple(decode(one, "Job", ("input", "jobIds")) for one in jobs),
        dry_run=given.dry_run,
    )
