"""A hundred thousand posts with figures: reports read their range, and everything else hardly more than it shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.actions.figures.claim import due_posts
from app.actions.figures.clocks import make_clocks, offer
from app.domain.figures.accounts import DELTAS, GAUGES, of_accounts
from app.domain.figures.queries import next_due, of_jobs, of_posts, runs_of
from app.domain.figures.report import Asked, Grouping, Part, Question, TopAsked, groups, hours, top_posts
from app.domain.figures.rows import PAGE, posts_page
from connectors.metric_names import MetricName
from tests.app.test_explain import Call, Rows, Seen, read, watch
from tests.fixtures.many_rows import UNCHECKED
from tests.fixtures.world import World, now

POSTS = 100_000
ACCOUNTS = 20
DAYS = 100
IN_RANGE = 3 * POSTS // DAYS
FILL = (
    """
    INSERT INTO post_figures (tenant_id, part_id, job_id, post_id, connection_id, platform, labels, published_at,
                              due_at, figures, measured_at)
    SELECT $1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), ($2::uuid[])[1 + number % 20], 'scripted',
           ARRAY['common'], clock_timestamp() - number * interval '86.4 seconds',
           CASE WHEN number < 90000 THEN clock_timestamp() + number * interval '1 second' END,
           '{"likes": 1, "comments": 2, "shares": 3, "reach": 40}', clock_timestamp()
    FROM generate_series(1, 100000) AS number
    """,
    """
    INSERT INTO figure_snapshots (tenant_id, subject_id, connection_id, metric, at, value, source, complete)
    SELECT $1, account, account, metric, clock_timestamp() - day * interval '1 day', day, 'poll', true
    FROM unnest($2::uuid[]) AS account, unnest($3::varchar[]) AS metric, generate_series(1, 400) AS day
    """,
)


@pytest.fixture
async def full(world: World) -> Rows:
    """A tenant with many posts; made once for the module's database."""
    owner = world.owner
    known = await owner.fetchval("SELECT tenant_id FROM post_figures GROUP BY tenant_id HAVING count(*) > 1000")
    if known is None:
        accounts = [(await world.connection()).id for _ in range(ACCOUNTS)]
        async with world.db.system() as session:
            await make_clocks(session, limit=1000)
        async with owner.acquire() as connection:
            await connection.execute(UNCHECKED)  # the rows fit together
            await connection.execute(FILL[0], world.tenant, accounts)
            await connection.execute(FILL[1], world.tenant, accounts, ["followers", "views"])
            await connection.execute("VACUUM ANALYZE")
    else:
        world.tenant = known
    mine = "SELECT {} AS id FROM post_figures WHERE tenant_id = $1 LIMIT 20"

    async def some(column: str) -> list[Any]:
        return [row["id"] for row in await owner.fetch(mine.format(column), world.tenant)]

    return Rows(
        world, await some("connection_id"), await some("post_id"), await some("job_id"), [], world.tenant, now()
    )


def question(by: Grouping = Grouping.PLATFORM) -> Question:
    """Three of the hundred days, in the middle."""
    end: datetime = now() - timedelta(days=50)
    return Question(end - timedelta(days=3), end, "day", "UTC", by)


REPORTS: dict[str, tuple[Call, float]] = {
    "the whole": (lambda session, _: groups(session, Asked(question(), Part.WHOLE)), 2),
    "its periods": (lambda session, _: groups(session, Asked(question(), Part.PERIODS)), 2),
    "by account": (lambda session, _: groups(session, Asked(question(Grouping.CONNECTION), Part.GROUPS)), 2),
    "by label": (lambda session, _: groups(session, Asked(question(Grouping.LABEL), Part.GROUPS)), 2),
    # Once to find the newest, and again to sum.
    "by post": (lambda session, _: groups(session, Asked(question(Grouping.POST), Part.GROUPS)), 4),
    "the best": (lambda session, _: top_posts(session, TopAsked(question(), MetricName.LIKES, 10)), 1),
    "the hours": (lambda session, _: hours(session, question()), 1),
}


@pytest.mark.parametrize("name", list(REPORTS))
async def test_a_report_reads_its_range(full: Rows, name: str) -> None:
    call, times = REPORTS[name]
    assert (await read(full, call)).rows <= 1.1 * times * IN_RANGE


def sparing(seen: Seen, rows: int) -> None:
    assert seen.rows <= rows, seen


async def test_what_is_shown_is_what_is_read(full: Rows) -> None:
    account, wide = full.accounts[0], replace(question(), start=now() - timedelta(days=90))
    sparing(await read(full, lambda session, _: of_jobs(session, full.jobs)), 20)
    sparing(await read(full, lambda session, _: of_posts(session, full.posts)), 20)
    sparing(await read(full, lambda session, _: next_due(session, account)), ACCOUNTS + 1)
    sparing(await read(full, lambda session, _: due_posts(session, account, now(), 25)), 60)
    sparing(await read(full, lambda session, _: runs_of(session, account)), 50)
    sparing(await read(full, lambda session, _: posts_page(session, wide, None)), PAGE + 1)


async def test_accounts_read_their_days_and_one_snapshot_for_how_they_stand(full: Rows) -> None:
    seen = await read(full, lambda session, _: of_accounts(session, question()))
    days = ACCOUNTS * 2 * 3
    assert seen.rows <= ACCOUNTS * len(GAUGES) * 3 + days * 2 + ACCOUNTS * len(DELTAS) + 4 * ACCOUNTS, seen


async def test_the_scheduler_reads_what_is_due(full: Rows) -> None:
    async with full.world.db.system() as session:
        again = timedelta(seconds=30)
        seen = await watch(full.world.db.system_engine, session, full, lambda s, _: offer(s, limit=5, again=again))
        assert seen.rows <= 60, seen
