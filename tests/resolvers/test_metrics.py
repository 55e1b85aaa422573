"""Figures of the platforms in the API: what was told, summed truly, with what is missing said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schema.node import encode
from tests.app.flows.figures.desk import Desk
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

DAY = timedelta(days=1)
FIGURES = """posts measured missing engagementRate ratedPosts
    figures { metric unit addsUp value posts outOf missingOn complete oldestAt newestAt previous change changeRatio }"""
JOB = f"query($id: ID!) {{ node(id: $id) {{ ... on Job {{ metrics {{ {FIGURES} }} }} }} }}"
POST = f"query($id: ID!) {{ node(id: $id) {{ ... on Post {{ metrics {{ {FIGURES} }} }} }} }}"
CONNECTION = """query($id: ID!) { node(id: $id) { ... on Connection {
    metrics { figures { metric unit kind value } measuredAt complete nextAt historyFrom }
    syncRuns { source startedAt endedAt records missing error } } } }"""
REPORT = f"""query($range: InstantRange!, $apart: AnalyticsBy! = PLATFORM, $granularity: Granularity! = DAY,
      $filter: AnalyticsFilter, $metric: MetricName! = LIKES) {{
  analytics(range: $range, by: $apart, granularity: $granularity, filter: $filter) {{
    metrics {{ {FIGURES} }} groups {{ key metrics {{ posts figures {{ metric value previous }} }} }}
    series {{ at metrics {{ posts figures {{ metric value }} }} }}
    topPosts(metric: $metric, first: 2) {{ value post {{ id }} }}
    postingHours {{ weekday hour posts engagements }}
    accounts {{ connection {{ id }} figures {{ metric kind value previous change changeRatio complete at }} }}
  }} }}"""


@pytest.fixture
async def desk(graph: Graph) -> Desk:
    """Give a connection with a clock."""
    graph.world.platform.account_figures = {"followers": 70, "views": 5}
    return await Desk.of(graph.world)


def values(shown: dict[str, Any], field: str = "value") -> dict[str, Any]:
    """The figures by their names."""
    return {one["metric"]: one[field] for one in shown["figures"]}


def span(days: float = 3) -> dict[str, str]:
    """A range that ends soon."""
    return {"from": (now() - days * DAY).isoformat(), "to": (now() + timedelta(hours=1)).isoformat()}


async def test_a_job_shows_its_newest_figures_and_null_for_what_is_not_given(graph: Graph, desk: Desk) -> None:
    job = await desk.out(ago=timedelta(hours=2), parts=2, figures={"likes": 3, "reach": 40})
    job_id = encode("Job", job.id)
    assert (await graph.ask(JOB, id=job_id))["node"]["metrics"] is None
    await desk.look()
    shown = (await graph.ask(JOB, id=job_id))["node"]["metrics"]
    assert values(shown) == {"REACH": 80, "LIKES": 6, "COMMENTS": None, "SHARES": None}
    assert values(shown, "missingOn")["COMMENTS"] == ["scripted"]
    assert values(shown, "complete") == {"REACH": True, "LIKES": True, "COMMENTS": False, "SHARES": False}
    assert values(shown, "addsUp") == {"REACH": False, "LIKES": True, "COMMENTS": True, "SHARES": True}
    assert (shown["posts"], shown["measured"], shown["engagementRate"]) == (2, 2, None)
    assert values(shown, "previous") == dict.fromkeys(values(shown))


async def test_a_post_sums_what_its_jobs_have_and_rates_what_gives_all(graph: Graph, desk: Desk) -> None:
    whole = {"likes": 6, "comments": 3, "shares": 1, "reach": 200}
    job = await desk.out(ago=timedelta(hours=2), figures=whole)
    await desk.look()
    shown = (await graph.ask(POST, id=encode("Post", job.post_id)))["node"]["metrics"]
    assert values(shown) == {"REACH": 200, "LIKES": 6, "COMMENTS": 3, "SHARES": 1}
    assert (shown["engagementRate"], shown["ratedPosts"]) == (0.05, 1)


async def test_a_connection_shows_its_account_and_the_runs(graph: Graph, desk: Desk) -> None:
    await desk.look()
    shown = (await graph.ask(CONNECTION, id=encode("Connection", desk.connection.id)))["node"]
    assert [(one["metric"], one["kind"], one["value"]) for one in shown["metrics"]["figures"]] == [
        ("VIEWS", "DELTA", 5),
        ("FOLLOWERS", "GAUGE", 70),
    ]
    assert (shown["metrics"]["complete"], shown["metrics"]["historyFrom"]) == (True, None)
    (run,) = shown["syncRuns"]
    assert (run["source"], run["records"], run["missing"], run["error"]) == ("POLL", 2, 0, None)


async def test_a_report_counts_the_posts_of_its_range_beside_the_period_before(graph: Graph, desk: Desk) -> None:
    best = await desk.out(ago=DAY, figures={"likes": 8, "comments": 2, "shares": 0, "reach": 100})
    await desk.out(ago=DAY, figures={"likes": 0, "reach": 50})
    await desk.out(ago=timedelta(hours=2))  # gone
    await desk.out(ago=4 * DAY, figures={"likes": 4, "reach": 20})
    await desk.look()
    seen = (await graph.ask(REPORT, range=span()))["analytics"]
    whole = seen["metrics"]
    assert (whole["posts"], whole["measured"], whole["missing"]) == (3, 2, 1)
    assert values(whole) == {"REACH": 150, "LIKES": 8, "COMMENTS": 2, "SHARES": 0}
    assert values(whole, "previous") == {"REACH": 20, "LIKES": 4, "COMMENTS": None, "SHARES": None}
    assert values(whole, "change") == {"REACH": 130, "LIKES": 4, "COMMENTS": None, "SHARES": None}
    assert values(whole, "changeRatio") == {"REACH": 6.5, "LIKES": 1, "COMMENTS": None, "SHARES": None}
    assert values(whole, "posts") == {"REACH": 2, "LIKES": 2, "COMMENTS": 1, "SHARES": 1}
    assert (whole["engagementRate"], whole["ratedPosts"]) == (0.1, 1)
    (group,) = seen["groups"]
    assert (group["key"], group["metrics"]["posts"], values(group["metrics"])) == ("scripted", 3, values(whole))
    assert values(group["metrics"], "previous") == values(whole, "previous")
    assert sum(period["metrics"]["posts"] for period in seen["series"]) == 3
    assert [one["at"] for one in seen["series"]] == sorted(one["at"] for one in seen["series"])
    assert [one["value"] for one in seen["topPosts"]] == [8, 0]
    assert seen["topPosts"][0]["post"]["id"] == encode("Post", best.post_id)
    assert [(hour["posts"], hour["engagements"]) for hour in seen["postingHours"]] == [(1, None)]


async def test_groups_are_told_apart_by_account_label_and_post(graph: Graph, desk: Desk) -> None:
    first = await desk.out(ago=DAY, figures={"likes": 1})
    second = await desk.out(ago=DAY, figures={"likes": 2})
    await graph.world.update("posts", first.post_id, labels=["spring", "sale"])
    await desk.look()

    async def groups(by: str) -> dict[Any, float]:
        seen = (await graph.ask(REPORT, range=span(), apart=by))["analytics"]["groups"]
        return {one["key"]: values(one["metrics"])["LIKES"] for one in seen}

    assert await groups("CONNECTION") == {encode("Connection", desk.connection.id): 3}
    assert await groups("LABEL") == {"spring": 1, "sale": 1, None: 2}
    assert await groups("POST") == {encode("Post", first.post_id): 1, encode("Post", second.post_id): 2}


async def test_hours_say_something_from_three_posts_on(graph: Graph, desk: Desk) -> None:
    for likes in (1, 2, 6):
        await desk.out(ago=DAY, figures={"likes": likes, "comments": 0, "shares": 1})
    await desk.look()
    (hour,) = (await graph.ask(REPORT, range=span()))["analytics"]["postingHours"]
    assert (hour["posts"], hour["engagements"]) == (3, 4)


async def test_accounts_stand_and_came_within_the_range(graph: Graph, desk: Desk) -> None:
    await desk.look()
    insert = (
        "INSERT INTO figure_snapshots (tenant_id, subject_id, connection_id, metric, at, value, source, complete) "
        "VALUES ($1, $2, $2, $3, $4, $5, 'backfill', true)"
    )
    for days, metric, value in ((4, "followers", 50), (4, "views", 2), (1, "views", 10), (2, "views", 7)):
        await graph.world.owner.execute(
            insert, graph.world.tenant, desk.connection.id, metric, now() - days * DAY, value
        )
    (account,) = (await graph.ask(REPORT, range=span()))["analytics"]["accounts"]
    assert account["connection"]["id"] == encode("Connection", desk.connection.id)
    views, followers = account["figures"]
    assert (views["metric"], views["value"], views["previous"], views["complete"]) == ("VIEWS", 22, 2, True)
    assert (followers["value"], followers["previous"], followers["change"]) == (70, 50, 20)
    assert followers["changeRatio"] == 0.4


async def test_nothing_is_null_and_not_zero(graph: Graph) -> None:
    seen = (await graph.ask(REPORT, range=span()))["analytics"]
    assert (seen["metrics"]["posts"], seen["metrics"]["figures"], seen["metrics"]["engagementRate"]) == (0, [], None)
    assert (seen["groups"], seen["series"], seen["topPosts"], seen["accounts"]) == ([], [], [], [])


async def test_another_workspace_sees_none_of_it(graph: Graph, other_graph: Graph, desk: Desk) -> None:
    job = await desk.out(ago=DAY, figures={"likes": 9})
    await desk.look()
    seen = (await other_graph.ask(REPORT, range=span()))["analytics"]
    assert (seen["metrics"]["posts"], seen["accounts"]) == (0, [])
    assert (await other_graph.ask(JOB, id=encode("Job", job.id)))["node"] is None
    assert (await other_graph.ask(CONNECTION, id=encode("Connection", desk.connection.id)))["node"] is None
