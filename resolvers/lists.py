"""Lists: connections, posts and jobs, page by page, and events after a cursor."""

from __future__ import annotations

from app.domain.connections import queries as connection_queries
from app.domain.connections.pages import connections_page
from app.domain.jobs import queries as job_queries
from app.domain.jobs.pages import JobOrder, in_order, jobs_page
from app.domain.jobs.states import JobState
from app.domain.posts import queries as post_queries
from app.domain.posts.pages import PostOrder, posts_page
from app.services.paging import PageRequest
from resolvers.context import Info
from schema.connections.connection import Connection
from schema.filters import (
    ConnectionFilterInput,
    ConnectionsWanted,
    JobFilterInput,
    JobsOrder,
    JobsWanted,
    PostFilterInput,
    PostsOrder,
    PostsWanted,
)
from schema.jobs.job import Job
from schema.paging import After, Before, First, Last, Listing, listing
from schema.posts.post import Post


async def connections(
    info: Info,
    wanted: ConnectionsWanted = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Listing[Connection]:
    """The workspace's connections, oldest first."""
    rt, tenant, which = info.context.rt, info.context.tenant, (wanted or ConnectionFilterInput()).wanted()

    async def count() -> int:
        async with rt.db.read(tenant) as session:
            return await connection_queries.count(session, which)

    async with rt.db.read(tenant) as session:
        page = await connections_page(session, which, PageRequest(first, after, last, before))
    return listing(page, Connection.of, count)


async def posts(
    info: Info,
    wanted: PostsWanted = None,
    order_by: PostsOrder = PostOrder.DUE_FIRST,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Listing[Post]:
    """The workspace's posts."""
    rt, tenant, which = info.context.rt, info.context.tenant, (wanted or PostFilterInput()).wanted()

    async def count() -> int:
        async with rt.db.read(tenant) as session:
            return await post_queries.count(session, which)

    async with rt.db.read(tenant) as session:
        page = await posts_page(session, which, order_by, PageRequest(first, after, last, before))
    return listing(page, Post.of, count)


async def jobs(
    info: Info,
    wanted: JobsWanted = None,
    order_by: JobsOrder = JobOrder.DUE_FIRST,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Listing[Job]:
    """The workspace's jobs."""
    rt, tenant, which = info.context.rt, info.context.tenant, (wanted or JobFilterInput()).wanted()

    async def count() -> int:
        async with rt.db.read(tenant) as session:
            return await job_queries.count(session, in_order(which, order_by))

    async with rt.db.read(tenant) as session:
        page = await jobs_page(session, which, order_by, PageRequest(first, after, last, before))
    return listing(page, Job.of, count)


async def review_queue(info: Info, first: First = None, after: After = None) -> Listing[Job]:
    """The jobs that a person has to settle."""
    return await jobs(info, JobFilterInput(states=[JobState.NEEDS_REVIEW]), JobOrder.DUE_FIRST, first, after)
