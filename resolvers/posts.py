"""Mutations about posts: decode, call the verb in one transaction, wrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from app.actions.posts.check import Target, check, refuse_errors
from app.actions.posts.schedule import Schedule, schedule, window
from app.actions.posts.update import Update, update
from app.domain.posts.planned_time import PlannedTime as Planned
from app.domain.posts.planned_time import usable
from app.flows.publishing import plans
from app.flows.publishing.quiet import foreseen
from resolvers.acting import acting
from resolvers.context import Context, Info
from schema.node import decode
from schema.posts import inputs, results
from schema.posts.planned_time import PlannedTimeInput
from schema.posts.post import PlannedTime, Post

MAX_TARGETS = 100


def _targets(given: Sequence[inputs.TargetInput]) -> list[Target]:
    inputs.bounded(given, MAX_TARGETS, ("input", "targets"))
    return [one.target(number) for number, one in enumerate(given)]


def _accounts(targets: Sequence[Target]) -> list[UUID]:
    return [one.connection_id for one in targets]


def _usable(context: Context, given: PlannedTimeInput | None) -> Planned:
    now = context.rt.clock.now()
    return Planned(now) if given is None else usable(given.planned(), now)


async def schedule_post(
    info: Info,
    input: Annotated[inputs.SchedulePostInput, strawberry.argument(description="The post.")],  # noqa: A002 -- the argument's name in the API
) -> results.SchedulePostResult:
    """Schedule a post."""
    rt, caller = info.context.rt, info.context.caller
    command = Schedule(
        content=input.content.stored(),
        targets=_targets(input.targets),
        # Whether it has passed is asked after the idempotency key: a repeated request is answered at any time.
        time=None if input.publish_at is None else input.publish_at.planned(),
        now=rt.clock.now(),
        timing=rt.settings.timing,
        actor=caller.actor,
        publish_by=input.publish_by,
        labels=inputs.labels(input.labels),
        idempotency_key=inputs.idempotency_key(input.idempotency_key),
        late_policy=input.after_publish_by,
    )
    async with acting(info.context) as session:
        done = await schedule(session, rt.catalog, command)
        waits = await foreseen(session, _accounts(command.targets), done.post.due_at, done.post.publish_by)
    post = Post.of(done.post)
    return results.PostScheduled(
        post=post, replayed=done.replayed, notices=results.notices(post.publish_at, done.warnings, waits)
    )


async def validate_post(
    info: Info,
    input: Annotated[inputs.ValidatePostInput, strawberry.argument(description="The post.")],  # noqa: A002 -- the argument's name in the API
) -> results.ValidatePostResult:
    """Check a post and change nothing."""
    content, targets = input.content.stored(), _targets(input.targets)
    time = _usable(info.context, input.publish_at)
    async with info.context.rt.db.read(info.context.tenant) as session:
        checked = await check(session, info.context.rt.catalog, content, targets)
        until = window(time.at, input.publish_by, info.context.rt.settings.timing)
        waits = await foreseen(session, _accounts(targets), time.at, until)
    refuse_errors(checked)
    planned = PlannedTime.of(time.at, time.local, time.zone, time.notice)
    warnings = [problem for one in checked for problem in one.problems]
    return results.PostValid(publish_at=planned, notices=results.notices(planned, warnings, waits))


async def update_post(
    info: Info,
    input: Annotated[inputs.UpdatePostInput, strawberry.argument(description="The change.")],  # noqa: A002 -- the argument's name in the API
) -> results.UpdatePostResult:
    """Change a post that waits."""
    command = Update(
        post_id=decode(input.post_id, "Post", ("input", "postId")),
        now=info.context.rt.clock.now(),
        content=None if input.content is None else input.content.stored(),
        labels=None if input.labels is None else inputs.labels(input.labels),
        revision=input.revision,
    )
    async with acting(info.context) as session:
        done = await update(session, info.context.rt.catalog, command)
    post = Post.of(done.post)
    return results.PostUpdated(post=post, notices=results.notices(post.publish_at, done.warnings))


async def reschedule_post(
    info: Info,
    input: Annotated[inputs.ReschedulePostInput, strawberry.argument(description="The move.")],  # noqa: A002 -- the argument's name in the API
) -> results.ReschedulePostResult:
    """Move a post."""
    rt, post_id = info.context.rt, decode(input.post_id, "Post", ("input", "postId"))
    time, now = _usable(info.context, input.publish_at), rt.clock.now()
    timing, until, revision = rt.settings.timing, input.publish_by, input.revision
    async with acting(info.context) as session:
        row = await plans.reschedule_post(
            session, post_id, time, now=now, timing=timing, publish_by=until, revision=revision
        )
        waits = await plans.foreseen_for(session, row)
    post = Post.of(row)
    return results.PostRescheduled(post=post, notices=results.notices(post.publish_at, (), waits))


async def publish_post_now(
    info: Info,
    input: Annotated[inputs.PublishPostNowInput, strawberry.argument(description="The post.")],  # noqa: A002 -- the argument's name in the API
) -> results.PublishPostNowResult:
    """Let a post go out at once."""
    rt, post_id = info.context.rt, decode(input.post_id, "Post", ("input", "postId"))
    async with acting(info.context) as session:
        row = await plans.publish_post_now(session, post_id, now=rt.clock.now(), timing=rt.settings.timing)
        waits = await plans.foreseen_for(session, row)
    post = Post.of(row)
    return results.PostRescheduled(post=post, notices=results.notices(post.publish_at, (), waits))


async def cancel_post(
    info: Info,
    input: Annotated[inputs.CancelPostInput, strawberry.argument(description="The post.")],  # noqa: A002 -- the argument's name in the API
) -> results.CancelPostResult:
    """Cancel what was not sent."""
    post_id = decode(input.post_id, "Post", ("input", "postId"))
    async with acting(info.context) as session:
        return results.PostCancelled.of(await plans.cancel_post(session, post_id))
