"""A hundred thousand jobs: every list of the API and the scheduler's scan reads an index and never a whole table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.due import DUE
from app.actions.jobs.offer import OFFER, RESET
from app.domain.jobs.model import Job
from app.domain.jobs.pages import SORTS as JOB_SORTS
from app.domain.jobs.pages import JobOrder
from app.domain.jobs.queries import JobFilter, jobs
from app.domain.jobs.states import JobState
from app.domain.posts import statistics as post_figures
from app.domain.posts.pages import SORTS as POST_SORTS
from app.domain.posts.pages import PostOrder
from app.domain.posts.queries import PostFilter, posts
from app.domain.posts.states import PostState
from app.services.events import EventRow
from app.services.gates import FOREVER
from app.services.paging import PageRequest, keyset
from tests.fixtures.world import World, now

MANY = 100_000
BIG = {"posts", "jobs", "job_parts", "job_attempts", "events"}
FILL = (
    """
    CREATE TEMPORARY TABLE made AS SELECT gen_random_uuid() AS post, gen_random_uuid() AS job, number
    FROM generate_series(1, 100000) AS number
    """,
    """
    INSERT INTO posts (id, tenant_id, content, state, due_at, publish_by, late_policy, created_by)
    SELECT made.post, tenant_id, content, CASE WHEN number % 50 = 0 THEN 'failed' ELSE 'published' END,
           due_at + number * interval '1 minute', publish_by + number * interval '1 minute', late_policy, created_by
    FROM posts CROSS JOIN made WHERE posts.id = $1
    """,
    """
    INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at,
                      wake_at, publish_by, max_attempts, platform_ref)
    SELECT made.job, tenant_id, made.post, ($3::uuid[])[1 + number % 20], platform, content,
           CASE WHEN number % 50 = 0 THEN 'failed' WHEN number % 50 = 1 THEN 'scheduled' ELSE 'published' END, parts,
           due_at + number * interval '1 minute', ready_at,
           CASE WHEN number % 50 = 1 THEN due_at + number * interval '1 minute' END,
           publish_by + number * interval '1 minute', max_attempts,
           CASE WHEN number % 50 > 1 THEN made.job::text END
    FROM jobs CROSS JOIN made WHERE jobs.id = $2
    """,
    """
    INSERT INTO events (tenant_id, seq, at, type, subject_kind, subject_id, actor, changes)
    SELECT $1, 100 + number, clock_timestamp(), 'job.published', 'job', job, 'worker', '{}' FROM made
    """,
)


@pytest.fixture
async def full(world: World) -> World:
    """A tenant with a hundred thousand jobs on twenty connections; made once for the module's database."""
    known = await world.owner.fetchval("SELECT tenant_id FROM jobs GROUP BY tenant_id HAVING count(*) > 1000")
    if known is not None:
        world.tenant = known
        return world
    accounts = [(await world.connection()).id for _ in range(20)]
    job = await world.job()
    async with world.owner.acquire() as connection:
        await connection.execute(FILL[0])
        await connection.execute(FILL[1], job.post_id)
        await connection.execute(FILL[2].replace("$2", "$1").replace("$3", "$2"), job.id, accounts)
        await connection.execute(FILL[3], world.tenant)
        await connection.execute("DROP TABLE made")
        await connection.execute("ANALYZE")
    return world


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def explain(session: AsyncSession, statement: Any, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The nodes of the plan under the application's own role and policies."""
    connection = await session.connection()
    if isinstance(statement, Select):
        dialect = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        bound = tuple(compiled.params[name] for name in compiled.positiontup or ())
        answer = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", bound)
    else:
        answer = await connection.execute(text(f"EXPLAIN (FORMAT JSON) {statement.text}"), values or {})
    found = answer.scalar_one()
    plan = json.loads(found) if isinstance(found, str) else found
    return list(nodes(plan[0]["Plan"]))


def whole_tables(plan: list[dict[str, Any]]) -> list[str]:
    return [node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG]


def job_list(order: JobOrder, **wanted: Any) -> Callable[[AsyncSession, World], Select[Any]]:
    return lambda session, _: keyset(jobs(session, JobFilter(**wanted)), JOB_SORTS[order], PageRequest())


def post_list(order: PostOrder, **wanted: Any) -> Callable[[AsyncSession, World], Select[Any]]:
    return lambda session, _: keyset(posts(session, PostFilter(**wanted)), POST_SORTS[order], PageRequest())


WEEK = PostFilter(due_from=now(), due_until=now() + timedelta(days=7))
LISTS: dict[str, Callable[[AsyncSession, World], Select[Any]]] = {
    "jobs by time": job_list(JobOrder.DUE_FIRST),
    "jobs by time, latest first": job_list(JobOrder.DUE_LAST),
    "jobs of a week": job_list(JobOrder.DUE_FIRST, due_from=now(), due_until=now() + timedelta(days=7)),
    "jobs of a state": job_list(JobOrder.DUE_FIRST, states=(JobState.FAILED,)),
    "jobs that need attention": job_list(JobOrder.DUE_LAST, needs_attention=True),
    "posts by time": post_list(PostOrder.DUE_FIRST),
    "posts by time, latest first": post_list(PostOrder.DUE_LAST),
    "posts as they were made": post_list(PostOrder.CREATED_LAST),
    "posts of a week": post_list(PostOrder.DUE_FIRST, due_from=now(), due_until=now() + timedelta(days=7)),
    "posts of a state": post_list(PostOrder.DUE_FIRST, states=(PostState.FAILED,)),
    "posts of a platform": post_list(PostOrder.DUE_FIRST, platforms=("scripted",)),
    "posts of a label": post_list(PostOrder.DUE_FIRST, labels=("spring",)),
}


FIGURES: dict[str, Callable[[AsyncSession, World], Select[Any]]] = {
    "posts of a week by day": lambda session, _: post_figures.together(session, WEEK, "day", "UTC"),
    "posts of a week by platform and day": lambda session, _: post_figures.each(session, WEEK, "day", "UTC"),
}


@pytest.mark.parametrize("name", list(FIGURES))
async def test_figures_of_a_week_read_indexes(full: World, name: str) -> None:
    async with full.db.read(full.tenant) as session:
        plan = await explain(session, FIGURES[name](session, full))
    assert whole_tables(plan) == []


@pytest.mark.parametrize("name", list(LISTS))
async def test_a_list_reads_an_index(full: World, name: str) -> None:
    async with full.db.read(full.tenant) as session:
        plan = await explain(session, LISTS[name](session, full))
    assert whole_tables(plan) == []


async def test_the_jobs_of_a_connection_read_its_index(full: World) -> None:
    connection = await full.owner.fetchval("SELECT connection_id FROM jobs LIMIT 1")
    async with full.db.read(full.tenant) as session:
        wanted = jobs(session, JobFilter(connections=(connection,)))
        plan = await explain(session, keyset(wanted, JOB_SORTS[JobOrder.DUE_FIRST], PageRequest()))
    assert whole_tables(plan) == []
    assert any("connection_id" in node.get("Index Name", "") for node in plan)


async def test_the_jobs_of_posts_read_an_index(full: World) -> None:
    some = [row["id"] for row in await full.owner.fetch("SELECT id FROM posts LIMIT 20")]
    async with full.db.read(full.tenant) as session:
        plan = await explain(session, select(Job).where(Job.tenant_id == full.tenant, Job.post_id.in_(some)))
    assert whole_tables(plan) == []


async def test_the_next_events_read_the_key(full: World) -> None:
    query = select(EventRow).where(EventRow.tenant_id == full.tenant, EventRow.seq > 99_000).order_by(EventRow.seq)
    async with full.db.read(full.tenant) as session:
        plan = await explain(session, query.limit(100))
    assert whole_tables(plan) == []
    assert not any(node["Node Type"] == "Sort" for node in plan)


async def test_the_scheduler_reads_the_clock_index(full: World) -> None:
    async with full.db.system() as session:
        plan = await explain(session, OFFER, {"tenants": 50, "each": 20, "again": timedelta(seconds=30)})
        reset = await explain(session, RESET, {"tenants": [full.tenant], "forever": FOREVER})
        look = await explain(session, DUE, {"limit": 100, "again": timedelta(seconds=30)})
    assert whole_tables(plan) == whole_tables(reset) == whole_tables(look) == []
    for found in (plan, reset):
        assert "ix_jobs_tenant_id_wake_at" in {node.get("Index Name") for node in found}


async def test_the_plans_are_those_of_many_rows(full: World) -> None:
    assert await full.owner.fetchval("SELECT count(*) FROM jobs") > MANY
