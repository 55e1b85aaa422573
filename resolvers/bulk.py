"""Mutations about many jobs: decode, lead one page of them in one transaction, wrap."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from app.actions.posts.schedule import window
from app.domain.posts.planned_time import PlannedTime, usable
from app.flows.bulk.answer import Answer, Verb
from app.flows.bulk.pages import run
from app.flows.bulk.replay import Replay, Time
from app.flows.bulk.waiting import Cancel, Discard, Move
from resolvers.acting import acting
from resolvers.context import Context, Info
from schema.jobs import bulk_inputs as inputs
from schema.jobs import bulk_results as results
from schema.posts.planned_time import PlannedTimeInput


async def replay_jobs(
    info: Info,
    input: Annotated[inputs.ReplayJobsInput, strawberry.argument(description="The choice.")],  # noqa: A002 -- the argument's name in the API
) -> results.ReplayJobsResult:
    """Take dead letters up again, spread over time."""
    context = info.context
    time = None if input.publish_at is None else _time(context, input.publish_at, input.publish_by)
    verb = Replay(context.rt.catalog, _start(context, input), time, input.pace())
    return results.JobsReplayed.of(await _done(context, input, verb))


async def retry_jobs(
    info: Info,
    input: Annotated[inputs.RetryJobsInput, strawberry.argument(description="The choice.")],  # noqa: A002 -- the argument's name in the API
) -> results.RetryJobsResult:
    """Take failed jobs up again at one time."""
    context = info.context
    time = _time(context, input.publish_at, input.publish_by)
    verb = Replay(context.rt.catalog, _start(context, input), time, None, "jobs.retry", preview=True)
    return results.JobsRetried.of(await _done(context, input, verb))


async def reschedule_jobs(
    info: Info,
    input: Annotated[inputs.RescheduleJobsInput, strawberry.argument(description="The move.")],  # noqa: A002 -- the argument's name in the API
) -> results.RescheduleJobsResult:
    """Move jobs that wait."""
    context = info.context
    verb = Move(_time(context, input.publish_at, input.publish_by), _start(context, input))
    return results.JobsRescheduled.of(await _done(context, input, verb))


async def cancel_jobs(
    info: Info,
    input: Annotated[inputs.CancelJobsInput, strawberry.argument(description="The choice.")],  # noqa: A002 -- the argument's name in the API
) -> results.CancelJobsResult:
    """Cancel jobs that were not sent."""
    return results.JobsCancelled.of(await _done(info.context, input, Cancel(_start(info.context, input))))


async def discard_jobs(
    info: Info,
    input: Annotated[inputs.DiscardJobsInput, strawberry.argument(description="The choice.")],  # noqa: A002 -- the argument's name in the API
) -> results.DiscardJobsResult:
    """Take failed jobs off the list of dead letters."""
    verb = Discard(_start(info.context, input), (input.reason or "")[:500])
    return results.JobsDiscarded.of(await _done(info.context, input, verb))


async def _done(context: Context, given: inputs.BulkInput, verb: Verb) -> Answer:
    request = given.request()
    async with acting(context) as session:
        return await run(session, request, verb)


def _start(context: Context, given: inputs.BulkInput) -> datetime:
    now, place = context.rt.clock.now(), given.place()
    return now if place is None else max(now, place.free_from)


def _time(context: Context, given: PlannedTimeInput | None, publish_by: datetime | None) -> Time:
    now = context.rt.clock.now()
    planned = PlannedTime(now) if given is None else usable(given.planned(), now)
    due_at = max(planned.at, now)
    said = "" if given is None else f"{planned.at.isoformat()} {publish_by and publish_by.isoformat()}"
    return Time(due_at, window(due_at, publish_by, context.rt.settings.timing), said)
