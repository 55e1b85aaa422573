"""What becomes of late jobs, and the rules of publishing: decode, call in one transaction, wrap."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.actions.jobs.settle_late import LateChoice, SettleLate, settle_late
from app.actions.posts.schedule import window
from app.actions.rules.decide import Decide
from app.domain.connections.queries import connection as read_connection
from app.domain.posts.planned_time import PlannedTime, usable
from app.domain.rules.queries import Rules
from app.domain.rules.queries import rules as read_rules
from app.flows.publishing.quiet import decide_rules
from app.kernel.errors import InvalidInput
from resolvers.acting import acting
from resolvers.context import Info
from schema import rules as words
from schema.jobs import late_results as results
from schema.jobs.job import Job
from schema.node import decode

CONNECTION = ("input", "connectionId")


async def settle_late_job(
    info: Info,
    input: Annotated[results.SettleLateJobInput, strawberry.argument(description="The choice.")],  # noqa: A002 -- the argument's name in the API
) -> results.SettleLateJobResult:
    """Publish a late job now, move it, or drop it."""
    rt, now = info.context.rt, info.context.rt.clock.now()
    job_id = decode(input.job_id, "Job", ("input", "jobId"))
    if (input.choice is LateChoice.RESCHEDULE) != (input.publish_at is not None):
        raise InvalidInput(
            "publishAt belongs to RESCHEDULE.",
            hint="Give the new time to RESCHEDULE, and none to the other choices.",
            path=("input", "publishAt"),
        )
    time = PlannedTime(now) if input.publish_at is None else usable(input.publish_at.planned(), now)
    due_at = max(time.at, now)
    until = window(due_at, input.publish_by, rt.settings.timing)
    async with acting(info.context) as session:
        job = await settle_late(session, SettleLate(job_id, input.choice, due_at, until))
    return results.LateJobSettled(job=Job.of(job))


async def publishing_rules(
    info: Info,
    connection_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Of this connection; without it: of the workspace.")
    ] = None,
) -> words.PublishingRules:
    """What was decided."""
    key = None if connection_id is None else decode(connection_id, "Connection", ("connectionId",))
    async with info.context.rt.db.read(info.context.tenant) as session:
        if key is not None:
            await read_connection(session, key)
        return words.PublishingRules.of(await read_rules(session, key))


async def decide_publishing_rules(
    info: Info,
    input: Annotated[words.DecidePublishingRulesInput, strawberry.argument(description="The decision.")],  # noqa: A002 -- the argument's name in the API
) -> words.DecidePublishingRulesResult:
    """Decide what follows when posts are late, and when nothing goes out."""
    given = input.connection_id
    key = None if given is None else decode(given, "Connection", CONNECTION)
    if key is not None and input.after_publish_by is not None:
        raise InvalidInput(
            "afterPublishBy is decided for the whole workspace.",
            hint="Leave connectionId or afterPublishBy out.",
            path=("input", "afterPublishBy"),
        )
    quiet = None if input.quiet_hours is None else input.quiet_hours.hours(info.context.rt.clock.now())
    async with acting(info.context) as session:
        decided = await decide_rules(session, Decide(Rules(input.after_publish_by, quiet), key))
    return words.PublishingRulesDecided(rules=words.PublishingRules.of(decided))
