"""Subscriptions: each is a topic, followed from the caller's cursor, with loaders that are fresh for every message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import strawberry
import structlog
from graphql import GraphQLError

from app.domain.connections import live as connections
from app.domain.jobs import live as jobs
from app.domain.posts import live as posts
from app.flows.live import feed
from app.flows.live.course import COURSE, Course
from app.flows.live.feed import MAX_STATE, Moment, Topic
from app.kernel.errors import DomainError
from resolvers.context import Context, Info
from resolvers.loaders import refresh
from schema.connections.connection import Connection
from schema.events import Event, cursor_of, read_cursor
from schema.filters import (
    ConnectionFilterInput,
    ConnectionsWanted,
    JobFilterInput,
    JobsWanted,
    PostFilterInput,
    PostsWanted,
)
from schema.jobs.job import Job
from schema.posts.post import Post
from schema.scalars import Cursor
from schema.updates import ConnectionUpdate, EventUpdate, JobUpdate, PostUpdate

BROKEN = 1013
"""Try again later: clients reconnect and resume. (1011 would make them give up.)"""

Resume = Annotated[
    Cursor | None,
    strawberry.argument(
        description="Resume behind this cursor, from a message of the same workspace, with nothing missed and "
        "nothing twice. Without it the current state comes first."
    ),
]

_log = structlog.get_logger(__name__)


async def follow(context: Context, topic: Topic[Any], after: str | None) -> AsyncIterator[Moment[Any]]:
    """The one source of live values.

    A feed that breaks closes its socket, because a client of a stream that merely completes does not come back.
    """
    tenant = context.tenant
    course = COURSE.get() or Course()
    if course.seq is None and after is not None:
        course.seq = read_cursor(tenant, after)
    try:
        async for moment in feed.follow(context.rt, tenant, topic, course):
            context.caller  # noqa: B018 -- raises where the key was revoked or has expired meanwhile
            refresh(context)
            yield moment
    except (DomainError, GraphQLError):
        raise
    except Exception:
        if context.close is not None:
            _log.exception("feed.broken", request_id=context.request_id)
            await context.close(BROKEN, "The feed is broken; reconnect and resume.")
        raise


def _told(context: Context, moment: Moment[Any]) -> dict[str, Any]:
    return {
        "event": None if moment.event is None else Event.of(moment.event),
        "cursor": cursor_of(context.tenant, moment.seq),
        "caught_up": moment.caught_up,
    }


async def job_updated(info: Info, wanted: JobsWanted = None, after: Resume = None) -> AsyncIterator[JobUpdate]:
    """Jobs that are not final, then every change of a job that matches."""
    which = (wanted or JobFilterInput()).wanted()
    state = partial(jobs.not_final, wanted=which, limit=MAX_STATE + 1)
    topic: Topic[Any] = Topic("job", state, lambda session, keys: jobs.matching(session, which, keys))
    async for moment in follow(info.context, topic, after):
        yield JobUpdate(job=Job.of(moment.row), **_told(info.context, moment))


async def post_updated(info: Info, wanted: PostsWanted = None, after: Resume = None) -> AsyncIterator[PostUpdate]:
    """Posts that are not final, then every change of a post that matches."""
    which = (wanted or PostFilterInput()).wanted()
    state = partial(posts.not_final, wanted=which, limit=MAX_STATE + 1)
    topic: Topic[Any] = Topic("post", state, lambda session, keys: posts.matching(session, which, keys))
    async for moment in follow(info.context, topic, after):
        yield PostUpdate(post=Post.of(moment.row), **_told(info.context, moment))


async def connection_updated(
    info: Info, wanted: ConnectionsWanted = None, after: Resume = None
) -> AsyncIterator[ConnectionUpdate]:
    """Connections that are not ended, then every change of one that matches."""
    which = (wanted or ConnectionFilterInput()).wanted()
    state = partial(connections.not_revoked, wanted=which, limit=MAX_STATE + 1)
    topic: Topic[Any] = Topic("connection", state, lambda session, keys: connections.matching(session, which, keys))
    async for moment in follow(info.context, topic, after):
        yield ConnectionUpdate(connection=Connection.of(moment.row), **_told(info.context, moment))


async def event_added(info: Info, after: Resume = None) -> AsyncIterator[EventUpdate]:
    """Every event behind the cursor; without one, every event from now on."""
    async for moment in follow(info.context, Topic(None, None, None), after):
        yield EventUpdate(**_told(info.context, moment))
