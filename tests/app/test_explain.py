"""A hundred thousand posts: what the API reads, it reads by an index, and hardly a row more than it shows.

Each case runs the very function that the API calls. The statements it sends are caught and explained with their
values, as the application's own role and behind its fence: how many rows every scan touched, shown or not, and how
many blocks. A plan's cost says what PostgreSQL expects; only the count says what it did.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.actions.connections.due import due_for_a_look
from app.actions.jobs.offer import offer
from app.domain.audit.queries import of_subject as audit_of
from app.domain.connections import live as live_connections
from app.domain.connections import pages as connection_pages
from app.domain.connections import queries as connections
from app.domain.connections.queries import ConnectionFilter
from app.domain.connections.states import ConnectionState
from app.domain.connections.statistics import census
from app.domain.connections.timeline import TimelineRequest, length, timeline
from app.domain.jobs import live as live_jobs
from app.domain.jobs import missed, statistics, upcoming
from app.domain.jobs import queries as jobs
from app.domain.jobs.backlog import backlogs
from app.domain.jobs.filter import JobFilter
from app.domain.jobs.outcomes import outcomes
from app.domain.jobs.pages import JobOrder, jobs_page
from app.domain.jobs.proof import traces_of
from app.domain.jobs.selection import Selection, choose
from app.domain.jobs.states import JobState
from app.domain.keys import queries as keys
from app.domain.media import queries as media
from app.domain.posts import live as live_posts
from app.domain.posts import queries as posts
from app.domain.posts import statistics as post_figures
from app.domain.posts.pages import PostOrder, posts_page
from app.domain.posts.queries import PostFilter
from app.domain.posts.states import PostState
from app.domain.webhooks import queries as webhooks
from app.domain.webhooks.queries import ShareFilter
from app.domain.webhooks.states import ShareState
from app.services import events
from app.services.paging import PageRequest
from tests.fixtures.many_rows import DEAD, FEW, LATE, MANY, fill
from tests.fixtures.world import World

AGAIN = timedelta(seconds=30)
PAGE = 21
"""A page, and the row that says whether there are more."""


@dataclass
class Rows:
    """The workspace, and some of its rows' ids."""

    world: World
    accounts: list[UUID]
    """A busy one first, the one with few jobs last."""
    posts: list[UUID]
    jobs: list[UUID]
    shares: list[UUID]
    busy: UUID
    """The account with a long history."""
    middle: datetime
    """A planned time with as many before as behind."""


@dataclass
class Seen:
    """What the statements of one call touched."""

    rows: int = 0
    blocks: int = 0
    statements: list[tuple[str, Any]] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)


Call = Callable[[AsyncSession, Rows], Awaitable[Any]]


@pytest.fixture
async def full(world: World) -> Rows:
    """A tenant with many rows; made once for the module's database."""
    known = await world.owner.fetchval("SELECT tenant_id FROM jobs GROUP BY tenant_id HAVING count(*) > 1000")
    if known is None:
        await fill(world)
    else:
        world.tenant = known

    async def some(query: str) -> list[UUID]:
        return [row["id"] for row in await world.owner.fetch(query)]

    return Rows(
        world,
        await some("SELECT connection_id AS id FROM jobs GROUP BY 1 HAVING count(*) > 1 ORDER BY count(*) DESC, 1"),
        await some("SELECT id FROM posts LIMIT 20"),
        await some("SELECT id FROM jobs LIMIT 20"),
        await some("SELECT id FROM webhook_shares LIMIT 20"),
        await world.owner.fetchval("SELECT connection_id FROM connection_checks GROUP BY 1 HAVING count(*) > 100"),
        await world.owner.fetchval("SELECT due_at FROM posts ORDER BY due_at OFFSET 50000 LIMIT 1"),
    )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def watch(engine: AsyncEngine, session: AsyncSession, full: Rows, call: Call) -> Seen:
    """Make the call, then explain each statement that it sent."""
    seen = Seen()

    def note(_c: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "set_config" not in statement:
            seen.statements.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        await call(session, full)
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    connection = await session.connection()
    for statement, parameters in list(seen.statements):
        explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"
        found = (await connection.exec_driver_sql(explained, parameters)).scalar_one()
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        seen.blocks += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        for node in nodes(plan):
            if "Relation Name" in node and node["Node Type"] != "ModifyTable":
                touched = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                touched += node.get("Rows Removed by Index Recheck", 0) + node.get("Rows Removed by Join Filter", 0)
                seen.rows += round(touched * node["Actual Loops"])
                seen.scans.append(f"{node['Node Type']} {node.get('Index Name', node['Relation Name'])} {touched}")
    assert seen.statements
    return seen


async def read(full: Rows, call: Call) -> Seen:
    async with full.world.db.read(full.world.tenant) as session:
        return await watch(full.world.db.app_engine, session, full, call)


# --------------------------------------------------------------------------------------------------- lists

POSTS: dict[str, Callable[[Rows], PostFilter]] = {
    "all": lambda _: PostFilter(),
    "a label of all": lambda _: PostFilter(labels=("common",)),
    "a label of the last": lambda _: PostFilter(labels=("late",)),
    "a label of few": lambda _: PostFilter(labels=("rare",)),
    "a label of none": lambda _: PostFilter(labels=("absent",)),
    "labels of all and few": lambda _: PostFilter(labels=("common", "rare")),
    "labels of all and none": lambda _: PostFilter(labels=("common", "absent")),
    "a platform of most": lambda _: PostFilter(platforms=("scripted",)),
    "a platform of few": lambda _: PostFilter(platforms=("rare",)),
    "a platform of none": lambda _: PostFilter(platforms=("absent",)),
    "platforms of most, few and none": lambda _: PostFilter(platforms=("scripted", "rare", "absent")),
    "a connection of many": lambda full: PostFilter(connections=(full.accounts[0],)),
    "a connection of few": lambda full: PostFilter(connections=(full.accounts[-1],)),
    "a connection of none": lambda _: PostFilter(connections=(uuid4(),)),
    "all connections": lambda full: PostFilter(connections=(*full.accounts, uuid4())),
    "a state of most": lambda _: PostFilter(states=(PostState.PUBLISHED,)),
    "a state of the last": lambda _: PostFilter(states=(PostState.FAILED,)),
    "a state of none": lambda _: PostFilter(states=(PostState.CANCELLED,)),
    "all states": lambda _: PostFilter(states=tuple(PostState)),
    "states of the last and none": lambda _: PostFilter(states=(PostState.FAILED, PostState.CANCELLED)),
}
JOBS: dict[str, Callable[[Rows], JobFilter]] = {
    "all": lambda _: JobFilter(),
    "a platform of most": lambda _: JobFilter(platforms=("scripted",)),
    "a platform of few": lambda _: JobFilter(platforms=("rare",)),
    "a platform of none": lambda _: JobFilter(platforms=("absent",)),
    "platforms of most, few and none": lambda _: JobFilter(platforms=("scripted", "rare", "absent")),
    "a connection of many": lambda full: JobFilter(connections=(full.accounts[0],)),
    "a connection of few": lambda full: JobFilter(connections=(full.accounts[-1],)),
    "a connection of none": lambda _: JobFilter(connections=(uuid4(),)),
    "all connections": lambda full: JobFilter(connections=(*full.accounts, uuid4())),
    "a state of most": lambda _: JobFilter(states=(JobState.PUBLISHED,)),
    "a state of the last": lambda _: JobFilter(states=(JobState.FAILED,)),
    "a state of none": lambda _: JobFilter(states=(JobState.CANCELLED,)),
    "all states": lambda _: JobFilter(states=tuple(JobState)),
    "those that need attention": lambda _: JobFilter(needs_attention=True),
    "those that need none": lambda _: JobFilter(needs_attention=False),
    "of posts": lambda full: JobFilter(posts=tuple(full.posts)),
    "of no post": lambda _: JobFilter(posts=(uuid4(),)),
    "dead letters": lambda _: JobFilter(discarded=False),
    "discarded ones": lambda _: JobFilter(discarded=True),
    "dead letters by state": lambda _: JobFilter(states=(JobState.FAILED,), discarded=False),
    "no dead letters": lambda _: JobFilter(states=(JobState.PARKED,), discarded=False),
    "a fault of most": lambda _: JobFilter(fault_kinds=("policy",)),
    "a fault of few": lambda _: JobFilter(fault_kinds=("rare",)),
    "a fault of none": lambda _: JobFilter(fault_kinds=("absent",)),
    "faults of most, few and none": lambda _: JobFilter(fault_kinds=("policy", "rare", "absent")),
    "a fault of failed ones": lambda _: JobFilter(states=(JobState.FAILED,), fault_kinds=("policy",)),
    "a code of few": lambda _: JobFilter(fault_codes=("R1",)),
    "codes of few and none": lambda _: JobFilter(fault_codes=("R1", "absent")),
    "a label of all": lambda _: JobFilter(labels=("common",)),
}
FAILURES: dict[str, Callable[[Rows], JobFilter]] = {
    "all": lambda _: JobFilter(),
    "those since": lambda full: JobFilter(failed_from=full.middle),
    "those of an hour": lambda full: JobFilter(
        failed_from=full.middle + timedelta(days=34), failed_until=full.middle + timedelta(days=34, hours=1)
    ),
    "of a platform of most": lambda _: JobFilter(platforms=("scripted",)),
    "of platforms of most and none": lambda _: JobFilter(platforms=("scripted", "absent")),
    "of a platform of few": lambda _: JobFilter(platforms=("rare",)),
    "of a connection of many": lambda full: JobFilter(connections=(full.accounts[0],)),
    "of all connections": lambda full: JobFilter(connections=(*full.accounts, uuid4())),
    "of a fault of most": lambda _: JobFilter(fault_kinds=("policy",)),
    "of faults of few and none": lambda _: JobFilter(fault_kinds=("rare", "absent")),
    "of a code of few": lambda _: JobFilter(fault_codes=("R1",)),
    "of a state of none": lambda _: JobFilter(states=(JobState.PARKED,)),
}
CONNECTIONS: dict[str, ConnectionFilter] = {
    "all": ConnectionFilter(),
    "a platform of most": ConnectionFilter(platforms=("scripted",)),
    "a platform of few": ConnectionFilter(platforms=("rare",)),
    "a platform of none": ConnectionFilter(platforms=("absent",)),
    "platforms of most, few and none": ConnectionFilter(platforms=("scripted", "rare", "absent")),
    "a state of most": ConnectionFilter(states=(ConnectionState.HEALTHY,)),
    "a state of few": ConnectionFilter(states=(ConnectionState.REVOKED,)),
    "all states": ConnectionFilter(states=tuple(ConnectionState)),
}
SHARES: dict[str, ShareFilter] = {
    "all": ShareFilter(),
    "a platform of most": ShareFilter(platform="scripted"),
    "a platform of few": ShareFilter(platform="rare"),
    "a platform of none": ShareFilter(platform="absent"),
    "a state of most": ShareFilter(state=ShareState.APPLIED),
    "a state of few": ShareFilter(state=ShareState.WAITING),
    "a state of none": ShareFilter(state=ShareState.DEAD),
}
ENDS = {"first": PageRequest(), "last": PageRequest(last=20)}


def sparing(seen: Seen, values: int = 1) -> bool:
    """Whether it read no more than a page for each value: twice, for its row and its term, and the page itself."""
    return seen.rows <= PAGE * (2 * values + 2) and seen.blocks <= 8 * PAGE * (values + 1)


def values(wanted: object) -> int:
    """How many values a filter may choose from."""
    return max([len(one) for name in wanted.__slots__ if isinstance(one := getattr(wanted, name), tuple)] or [1])  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", list(ENDS))
@pytest.mark.parametrize("order", list(PostOrder))
@pytest.mark.parametrize("name", list(POSTS))
async def test_a_page_of_posts_reads_a_page(full: Rows, name: str, order: PostOrder, end: str) -> None:
    wanted = POSTS[name](full)
    seen = await read(full, lambda session, _: posts_page(session, wanted, order, ENDS[end]))
    assert sparing(seen, values(wanted)), seen


@pytest.mark.parametrize("end", list(ENDS))
@pytest.mark.parametrize("name", list(JOBS))
async def test_a_page_of_jobs_reads_a_page(full: Rows, name: str, end: str) -> None:
    wanted = JOBS[name](full)
    seen = await read(full, lambda session, _: jobs_page(session, wanted, JobOrder.DUE_FIRST, ENDS[end]))
    assert sparing(seen, max(values(wanted), 10 if wanted.needs_attention is not None else 1)), seen


@pytest.mark.parametrize("label", ["late", "rare", "absent"])
async def test_a_label_is_looked_up_for_what_the_other_conditions_leave(full: Rows, label: str) -> None:
    wanted = JobFilter(labels=(label,), states=(JobState.FAILED,))
    seen = await read(full, lambda session, _: jobs_page(session, wanted, JobOrder.DUE_FIRST, PageRequest()))
    assert seen.rows <= 2.1 * LATE + 2 * PAGE, seen


@pytest.mark.parametrize("order", [JobOrder.FAILED_FIRST, JobOrder.FAILED_LAST])
@pytest.mark.parametrize("name", list(FAILURES))
async def test_a_page_of_failures_reads_a_page(full: Rows, name: str, order: JobOrder) -> None:
    wanted = FAILURES[name](full)
    seen = await read(full, lambda session, _: jobs_page(session, wanted, order, PageRequest()))
    assert sparing(seen, values(wanted)), seen


@pytest.mark.parametrize("name", list(CONNECTIONS))
async def test_a_page_of_connections_reads_a_page(full: Rows, name: str) -> None:
    wanted = CONNECTIONS[name]
    seen = await read(full, lambda session, _: connection_pages.connections_page(session, wanted, PageRequest()))
    assert sparing(seen, values(wanted)), seen


@pytest.mark.parametrize("name", list(SHARES))
async def test_a_page_of_webhook_deliveries_reads_a_page(full: Rows, name: str) -> None:
    seen = await read(full, lambda session, _: webhooks.shares_page(session, SHARES[name], PageRequest()))
    assert sparing(seen), seen


@pytest.mark.parametrize(
    "wanted", [PostFilter(labels=("common",)), PostFilter(platforms=("scripted",)), PostFilter()], ids=str
)
async def test_a_page_far_behind_reads_a_page(full: Rows, wanted: PostFilter) -> None:
    async with full.world.db.read(full.world.tenant) as session:
        start = PostFilter(due_from=full.middle)
        cursor = (await posts_page(session, start, PostOrder.DUE_FIRST, PageRequest(first=1))).end
    request = PageRequest(after=cursor)
    seen = await read(full, lambda session, _: posts_page(session, wanted, PostOrder.DUE_FIRST, request))
    assert sparing(seen), seen


LIVE: dict[str, tuple[int, Call]] = {
    "jobs": (7, lambda s, _: live_jobs.not_final(s, JobFilter(), PAGE)),
    "jobs of a platform": (7, lambda s, _: live_jobs.not_final(s, JobFilter(platforms=("absent",)), PAGE)),
    "jobs of a state of none": (7, lambda s, _: live_jobs.not_final(s, JobFilter(states=(JobState.PARKED,)), PAGE)),
    "posts": (3, lambda s, _: live_posts.not_final(s, PostFilter(), PAGE)),
    "posts of a label of none": (3, lambda s, _: live_posts.not_final(s, PostFilter(labels=("absent",)), PAGE)),
    "connections": (4, lambda s, _: live_connections.not_revoked(s, ConnectionFilter(), PAGE)),
    "the jobs that changed": (1, lambda s, full: live_jobs.matching(s, JobFilter(), full.jobs)),
    "a page of dead letters to change": (
        5,  # it counts them all, and reads a hundred of them
        lambda s, _: choose(s, Selection(JobFilter(discarded=False)), 100, lock=False),
    ),
    "a page of a fault of few to change": (
        1,
        lambda s, _: choose(s, Selection(JobFilter(fault_kinds=("rare",), discarded=False)), 100, lock=False),
    ),
    "the posts that changed": (1, lambda s, full: live_posts.matching(s, PostFilter(labels=("rare",)), full.posts)),
}


@pytest.mark.parametrize("name", list(LIVE))
async def test_a_feed_begins_with_what_is_open(full: Rows, name: str) -> None:
    states, call = LIVE[name]
    seen = await read(full, call)
    assert sparing(seen, states), seen


# -------------------------------------------------------------------------------------------------- loaders

LOADERS: dict[str, Call] = {
    "jobs": lambda s, full: jobs.by_ids(s, full.jobs),
    "posts": lambda s, full: posts.by_ids(s, full.posts),
    "connections": lambda s, full: connections.by_ids(s, full.accounts),
    "media": lambda s, full: media.by_ids(s, full.posts),
    "keys": lambda s, full: keys.by_ids(s, full.posts),
    "jobs_of_posts": lambda s, full: jobs.of_posts(s, full.posts),
    "parts": lambda s, full: jobs.parts_of(s, full.jobs),
    "attempts": lambda s, full: jobs.attempts_of(s, full.jobs),
    "what tries prove": lambda s, full: traces_of(s, full.jobs),
    "jobs with a twin": lambda s, full: missed.with_a_twin(s, full.jobs),
    "what happened to a job": lambda s, full: events.of_subject(s, full.jobs[0], 500),
    "what was done to a job": lambda s, full: audit_of(s, full.jobs[0], 500),
    "notices": lambda s, full: webhooks.notices_of(s, full.shares),
    "checks": lambda s, full: connection_pages.last_checks(s, full.accounts[:1]),
    "timelines": lambda s, full: timeline(s, TimelineRequest(full.busy, PageRequest())),
    "checks of the busy one": lambda s, full: connection_pages.last_checks(s, [full.busy]),
    "a short timeline": lambda s, full: timeline(s, TimelineRequest(full.accounts[-1], PageRequest())),
    "one job": lambda s, full: jobs.job(s, full.jobs[0]),
    "one post": lambda s, full: posts.post(s, full.posts[0]),
    "a platform's delivery": lambda s, full: webhooks.share(s, full.shares[0]),
    "events": lambda s, _: events.read_after(s, 90_000, PAGE),
    "the oldest event": lambda s, _: events.oldest(s),
}


@pytest.mark.parametrize("name", list(LOADERS))
async def test_a_loader_reads_what_it_gives(full: Rows, name: str) -> None:
    seen = await read(full, LOADERS[name])
    assert sparing(seen, 3), seen


# -------------------------------------------------------------------------------------------------- figures


async def next_jobs(session: AsyncSession, full: Rows) -> Any:
    return await jobs_page(session, upcoming.due_before(full.middle), JobOrder.DUE_FIRST, PageRequest())


FIGURES: dict[str, tuple[int, Call]] = {
    "posts of a label of few": (FEW, lambda s, _: posts.count(s, PostFilter(labels=("rare",)))),
    "posts of a label of the last": (LATE, lambda s, _: posts.count(s, PostFilter(labels=("late",)))),
    "posts of a label of none": (0, lambda s, _: posts.count(s, PostFilter(labels=("absent",)))),
    "posts of a platform of few": (FEW, lambda s, _: posts.count(s, PostFilter(platforms=("rare",)))),
    "posts of a connection": (FEW, lambda s, full: posts.count(s, PostFilter(connections=tuple(full.accounts[-1:])))),
    "all posts": (MANY, lambda s, _: posts.count(s, PostFilter())),
    "posts of a label of all": (MANY, lambda s, _: posts.count(s, PostFilter(labels=("common",)))),
    "jobs of a platform of few": (FEW, lambda s, _: jobs.count(s, JobFilter(platforms=("rare",)))),
    "jobs of a platform of none": (0, lambda s, _: jobs.count(s, JobFilter(platforms=("absent",)))),
    "jobs of a state": (LATE, lambda s, _: jobs.count(s, JobFilter(states=(JobState.FAILED,)))),
    "dead letters": (DEAD, lambda s, _: jobs.count(s, JobFilter(discarded=False))),
    "jobs of a fault": (LATE, lambda s, _: jobs.count(s, JobFilter(fault_kinds=("policy",)))),
    "jobs of a fault of few": (4, lambda s, _: jobs.count(s, JobFilter(fault_kinds=("rare",)))),
    "failures since": (LATE, lambda s, full: jobs.count(s, JobFilter(failed_from=full.middle))),
    "jobs of a label of few": (FEW, lambda s, _: jobs.count(s, JobFilter(labels=("rare",)))),
    "jobs of a connection": (FEW, lambda s, full: jobs.count(s, JobFilter(connections=tuple(full.accounts[-1:])))),
    "all jobs": (MANY, lambda s, _: jobs.count(s, JobFilter())),
    "connections of few": (FEW, lambda s, _: connections.count(s, ConnectionFilter(platforms=("rare",)))),
    "deliveries of few": (FEW, lambda s, _: webhooks.count(s, ShareFilter(state=ShareState.WAITING))),
    "a short timeline": (FEW, lambda s, full: length(s, full.accounts[-1])),
    "the backlog of connections": (2 * LATE, lambda s, full: backlogs(s, full.accounts)),
    "missed jobs": (LATE // 10, lambda s, full: missed.missed_of(s, full.accounts[0])),
    "jobs held up": (LATE, lambda s, full: jobs.held_up(s, full.accounts[0])),
    "health: jobs by state": (MANY, lambda s, full: statistics.by_state(s, full.world.tenant)),
    "health: the oldest due": (
        0,
        lambda s, full: statistics.oldest_due(s, full.world.tenant, offered_for=timedelta(seconds=30)),
    ),
    "health: dead letters": (DEAD, lambda s, full: statistics.dead_letters(s, full.world.tenant)),
    "health: tries of a day": (3 * 1440, lambda s, full: outcomes(s, full.world.tenant)),
    "health: connections": (20_000, lambda s, full: census(s, full.world.tenant)),
    "readiness: a page": (3 * PAGE, next_jobs),
    "readiness: how many": (1000, lambda s, full: upcoming.count_due(s, full.middle)),
    "readiness: those before of few": (
        FEW,
        lambda s, full: upcoming.turns(s, full.accounts[-1:], (), (full.middle - timedelta(days=99), full.middle)),
    ),
    "readiness: those before": (
        2 * upcoming.TURNS,
        lambda s, full: upcoming.turns(s, full.accounts, (), (full.middle - timedelta(days=99), full.middle)),
    ),
    "analytics: jobs of a day": (1440, lambda s, full: statistics.counts(s, day(full), "hour", "UTC")),
    "analytics: lags of a day": (2 * 1440, lambda s, full: statistics.lags(s, day(full))),
    "analytics: jobs of few": (FEW, lambda s, full: statistics.counts(s, day(full, "rare"), "hour", "UTC")),
    "analytics: posts of a day": (
        3 * 1440,
        lambda s, full: post_figures.counts(s, planned(full), "hour", "UTC"),
    ),
    "analytics: posts of few": (
        FEW,
        lambda s, full: post_figures.counts(s, planned(full, platforms=("rare",)), "hour", "UTC"),
    ),
}


def day(full: Rows, *platforms: str) -> statistics.Span:
    return statistics.Span(full.middle, full.middle + timedelta(days=1), platforms or None)


def planned(full: Rows, **wanted: Any) -> PostFilter:
    return PostFilter(due_from=full.middle, due_until=full.middle + timedelta(days=1), **wanted)


@pytest.mark.parametrize("name", list(FIGURES))
async def test_a_figure_reads_what_it_counts(full: Rows, name: str) -> None:
    counted, call = FIGURES[name]
    seen = await read(full, call)
    assert seen.rows <= 2.1 * counted + 2 * PAGE, seen
    assert not (counted < MANY and any("Seq Scan" in scan for scan in seen.scans)), seen


# ------------------------------------------------------------------------------------------------ the clock


async def test_the_scheduler_reads_what_it_offers(full: Rows) -> None:
    again = timedelta(seconds=30)
    calls: dict[str, Call] = {
        "jobs": lambda s, _: offer(s, tenants=50, each=20, again=again),
        "connections": lambda s, _: due_for_a_look(s, limit=20, again=again),
    }
    for call in calls.values():
        async with full.world.db.system() as session:
            seen = await watch(full.world.db.system_engine, session, full, call)
        # A gate for each workspace is little: PostgreSQL may well read them all.
        gates = await full.world.owner.fetchval("SELECT count(*) FROM tenant_gates")
        assert sparing(seen, 10 + gates // PAGE), seen


async def test_the_plans_are_those_of_many_rows(full: Rows) -> None:
    assert await full.world.owner.fetchval("SELECT count(*) FROM jobs") > MANY
