"""Health and analytics: every figure is true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.domain.keys.model import Scope
from app.flows.upkeep.presence import present
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

HEALTH = """{ health { state checkedAt version checks { name state message seconds } workers schedulers
  queue { depth { state count } oldestDueAt schedulerLag deadLetters }
  installation { depth { state count } deadLetters } } }"""
ANALYTICS = """
query($range: InstantRange!, $granularity: Granularity! = DAY, $zone: TimeZone! = "UTC", $filter: AnalyticsFilter) {
  analytics(range: $range, granularity: $granularity, zone: $zone, filter: $filter) {
    totals { total scheduled published failed } lag { count p50 p95 p99 }
    points { at total published } platforms { platform { key } total lag { count p50 } } posts { state count }
  }
}"""


async def test_health_counts_what_waits_in_this_workspace(graph: Graph, other_graph: Graph) -> None:
    job = await graph.world.job()
    await graph.world.update("jobs", job.id, wake_at=now() + timedelta(seconds=20))  # offered, and not taken yet
    await other_graph.world.job()
    seen = (await graph.ask(HEALTH))["health"]
    depth = {one["state"]: one["count"] for one in seen["queue"]["depth"]}
    assert (depth["SCHEDULED"], depth["FAILED"]) == (1, 0)
    assert seen["queue"]["oldestDueAt"] == job.due_at.isoformat()
    assert seen["queue"]["schedulerLag"] > 0
    checks = {check["name"]: check["state"] for check in seen["checks"]}
    assert (checks["database"], checks["redis"], checks["workers"]) == ("OK", "OK", "DOWN")
    assert seen["state"] == "DOWN"


async def test_dead_letters_are_those_that_nobody_discarded(graph: Graph, other_graph: Graph) -> None:
    world = graph.world
    kept, gone = await world.job(), await world.job()
    theirs = await other_graph.world.job()
    for job in (kept, gone, theirs):
        await world.set(job.id, state="failed", wake_at=None)
    await world.set(gone.id, discarded_at=now())
    seen = (await graph.ask(HEALTH))["health"]
    depth = {one["state"]: one["count"] for one in seen["queue"]["depth"]}
    assert (depth["FAILED"], seen["queue"]["deadLetters"]) == (2, 1)
    total = await world.owner.fetchval("SELECT count(*) FROM jobs WHERE state = 'failed' AND discarded_at IS NULL")
    assert seen["installation"]["deadLetters"] == total >= 2


async def test_health_of_the_installation_is_for_operators(graph: Graph, other_graph: Graph) -> None:
    await graph.world.job()
    await other_graph.world.job()
    total = await graph.world.owner.fetchval("SELECT count(*) FROM jobs WHERE state = 'scheduled'")
    operator = await graph.ask(HEALTH)
    depth = {one["state"]: one["count"] for one in operator["health"]["installation"]["depth"]}
    assert depth["SCHEDULED"] == total >= 2
    reader = await graph.new_key([Scope.READ])
    assert (await graph.ask(HEALTH, by=reader))["health"]["installation"] is None


async def test_a_running_worker_is_seen(graph: Graph) -> None:
    async with present(graph.world.rt, "worker"), present(graph.world.rt, "scheduler"):
        while (seen := (await graph.ask(HEALTH))["health"])["workers"] + seen["schedulers"] < 2:
            pass
    checks = {check["name"]: check["state"] for check in seen["checks"]}
    assert (checks["workers"], checks["schedulers"], seen["workers"]) == ("OK", "OK", 1)


async def test_a_lost_server_is_told(graph: Graph, monkeypatch: Any) -> None:
    async def fail() -> None:
        raise ConnectionError

    monkeypatch.setattr(graph.world.rt.redis, "ping", fail)
    seen = (await graph.ask(HEALTH))["health"]
    (redis,) = [check for check in seen["checks"] if check["name"] == "redis"]
    assert redis["state"] == "DOWN"
    assert "ConnectionError" in redis["message"]


async def test_analytics_count_the_rows(graph: Graph) -> None:
    start = now() - timedelta(days=3)
    one, two = await graph.world.connection(), await graph.world.connection()
    day = timedelta(days=1)
    for number, lag in enumerate((1, 2, 3, 4)):
        due = start + timedelta(hours=number)
        job = await graph.world.job(one)
        await graph.world.update("posts", job.post_id, due_at=due, state="published")
        await graph.world.set(
            job.id,
            due_at=due,
            state="published",
            wake_at=None,
            platform_ref=str(number),
            published_at=due + timedelta(seconds=lag),
        )
    failed = await graph.world.job(two)
    await graph.world.update("posts", failed.post_id, due_at=start + day, state="failed")
    await graph.world.set(failed.id, due_at=start + day, state="failed", wake_at=None)
    span = {"from": (start - timedelta(seconds=1)).isoformat(), "to": (start + 2 * day).isoformat()}
    found = (await graph.ask(ANALYTICS, range=span))["analytics"]
    assert found["totals"] == {"total": 5, "scheduled": 0, "published": 4, "failed": 1}
    assert found["lag"] == {"count": 4, "p50": 2.5, "p95": 3.85, "p99": 3.97}
    assert sum(point["total"] for point in found["points"]) == 5
    assert found["platforms"] == [{"platform": {"key": "scripted"}, "total": 5, "lag": {"count": 4, "p50": 2.5}}]
    assert {one["state"]: one["count"] for one in found["posts"] if one["count"]} == {"PUBLISHED": 4, "FAILED": 1}
    mine = {"connections": [encode("Connection", two.id)]}
    assert (await graph.ask(ANALYTICS, range=span, filter=mine))["analytics"]["totals"]["total"] == 1


PERIODS = """
query($range: InstantRange!, $zone: TimeZone! = "UTC", $filter: AnalyticsFilter) {
  analytics(range: $range, granularity: DAY, zone: $zone, filter: $filter) {
    posts { state count }
    points { at total posts { state count } }
    platforms { platform { key } total posts { state count } points { at total published posts { state count } } }
  }
}"""


async def test_posts_are_counted_by_state_platform_and_day(graph: Graph) -> None:
    """One post on three accounts of two platforms, one on one; the second a day later."""
    world = graph.world
    one, two = await world.connection(), await world.connection()
    first = now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
    later = first + timedelta(days=1)
    both, jobs = await world.post(one, two, await graph.account("bluesky"))
    single, (job,) = await world.post(one)
    await world.update("posts", both.id, due_at=first, state="partly_published")
    await world.update("posts", single.id, due_at=later, state="failed")
    for row in (*jobs, job):
        due = later if row.id == job.id else first
        await world.set(row.id, due_at=due, state="failed", wake_at=None)
    await world.set(jobs[0].id, state="published", platform_ref="x", published_at=first)
    span = {"from": (first - timedelta(hours=1)).isoformat(), "to": (later + timedelta(hours=1)).isoformat()}

    found = (await graph.ask(PERIODS, range=span))["analytics"]

    partly, failed = [{"state": "PARTLY_PUBLISHED", "count": 1}], [{"state": "FAILED", "count": 1}]
    days = [day.replace(hour=0).isoformat() for day in (first, later)]
    assert [count for count in found["posts"] if count["count"]] == partly + failed
    assert found["points"] == [
        {"at": days[0], "total": 3, "posts": partly},
        {"at": days[1], "total": 1, "posts": failed},
    ]
    assert found["platforms"] == [
        {
            "platform": {"key": "bluesky"},
            "total": 1,
            "posts": partly,
            "points": [{"at": days[0], "total": 1, "published": 0, "posts": partly}],
        },
        {
            "platform": {"key": "scripted"},
            "total": 3,
            "posts": partly + failed,
            "points": [
                {"at": days[0], "total": 2, "published": 1, "posts": partly},
                {"at": days[1], "total": 1, "published": 0, "posts": failed},
            ],
        },
    ]

    only = {"platforms": ["bluesky"]}
    narrowed = (await graph.ask(PERIODS, range=span, filter=only))["analytics"]
    assert narrowed["points"] == [{"at": days[0], "total": 1, "posts": partly}]
    assert narrowed["platforms"] == found["platforms"][:1]

    nothing = {"platforms": ["bluesky"], "connections": [encode("Connection", one.id)]}
    empty = (await graph.ask(PERIODS, range=span, filter=nothing))["analytics"]
    assert (empty["points"], empty["platforms"], sum(one["count"] for one in empty["posts"])) == ([], [], 0)


async def test_a_post_whose_job_was_moved_counts_on_its_own_day(graph: Graph) -> None:
    world = graph.world
    due = now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
    post, (job,) = await world.post(await world.connection())
    await world.update("posts", post.id, due_at=due)
    await world.set(job.id, due_at=due + timedelta(days=1))
    span = {"from": due.isoformat(), "to": (due + timedelta(days=2)).isoformat()}
    points = (await graph.ask(PERIODS, range=span))["analytics"]["points"]
    scheduled = [{"state": "SCHEDULED", "count": 1}]
    assert [(point["total"], point["posts"]) for point in points] == [(0, scheduled), (1, [])]


async def test_a_day_is_the_zones_day(graph: Graph) -> None:
    job = await graph.world.job()
    due = now().replace(hour=22, minute=30, second=0, microsecond=0) - timedelta(days=2)
    await graph.world.set(job.id, due_at=due)
    span = {"from": (due - timedelta(days=1)).isoformat(), "to": (due + timedelta(days=1)).isoformat()}
    (utc,) = (await graph.ask(ANALYTICS, range=span))["analytics"]["points"]
    (tokyo,) = (await graph.ask(ANALYTICS, range=span, zone="Asia/Tokyo"))["analytics"]["points"]
    assert utc["at"] == due.replace(hour=0, minute=0).isoformat()
    assert tokyo["at"] == due.replace(hour=15, minute=0).isoformat()


async def test_a_range_or_zone_that_makes_no_sense_is_refused(graph: Graph) -> None:
    for span in (("2026-01-02", "2026-01-01"), ("2020-01-01", "2026-01-01")):
        given = {"from": f"{span[0]}T00:00:00Z", "to": f"{span[1]}T00:00:00Z"}
        assert await graph.code(ANALYTICS, range=given) == "INVALID_INPUT"
    given = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    assert await graph.code(ANALYTICS, range=given, zone="Europe/Nowhere") == "INVALID_INPUT"


async def test_figures_hold_nothing_of_another_workspace(graph: Graph, other_graph: Graph) -> None:
    await other_graph.world.job()
    span = {"from": (now() - timedelta(days=1)).isoformat(), "to": (now() + timedelta(days=1)).isoformat()}
    assert (await graph.ask(ANALYTICS, range=span))["analytics"]["totals"]["total"] == 0
