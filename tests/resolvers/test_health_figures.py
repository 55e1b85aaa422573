"""Figures of health over the API: each is what the rows say, for one workspace, and for all to operators only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.keys.model import Scope
from app.domain.posts.planned_time import PlannedTime
from app.flows.publishing.wake import wake
from connectors.contract import Failed, Tokens
from connectors.faults import FaultKind
from connectors.quotas import QuotaRule
from connectors.secret import Secret
from resolvers import health
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.scripted import CAPABILITIES, fault
from tests.fixtures.world import now

OUTCOMES = "{ succeeded failed successRate p50 p95 faults { kind count } }"
CONNECTIONS = "{ states { state count } expiringInDay expiringInWeek failedRefreshes }"
FIGURES = f"""{{ health {{
  connections {CONNECTIONS} installationConnections {CONNECTIONS}
  platforms {{ key lastHour {OUTCOMES} lastDay {OUTCOMES} allowances {{ name max used left connection {{ id }} }} }}
  installationPlatforms {{ key lastHour {OUTCOMES} lastDay {OUTCOMES} }}
  readiness {{ until ready atRisk blocked complete }}
}} }}"""
DAY = timedelta(days=1)


async def figures(graph: Graph, **by: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(FIGURES, **by))["health"]
    return found


def scripted(found: dict[str, Any]) -> dict[str, Any]:
    (one,) = [one for one in found["platforms"] if one["key"] == "scripted"]
    platform: dict[str, Any] = one
    return platform


async def test_connections_are_counted_by_state_end_and_failed_renewal(graph: Graph, other_graph: Graph) -> None:
    world = graph.world
    ends = [timedelta(hours=1), timedelta(days=3), timedelta(days=30), -timedelta(hours=1)]
    made = [await world.connection(tokens=Tokens(Secret("t"), expires_at=now() + end)) for end in ends]
    ended = await world.connection(tokens=Tokens(Secret("t"), expires_at=now() + timedelta(hours=1)))
    await world.update("connections", ended.id, state="revoked")
    await world.update("connections", made[1].id, state="expiring_soon")
    for account, what, ok, age in ((0, "refresh", False, 1), (1, "refresh", False, 30), (2, "refresh", True, 1)):
        await world.owner.execute(
            "INSERT INTO connection_checks (id, tenant_id, connection_id, at, what, ok) "
            "VALUES (gen_random_uuid(), $1, $2, $3, $4, $5)",
            world.tenant,
            made[account].id,
            now() - timedelta(hours=age),
            what,
            ok,
        )
    await other_graph.world.connection(tokens=Tokens(Secret("t"), expires_at=now() + timedelta(hours=1)))

    found = await figures(graph)

    own = found["connections"]
    assert {one["state"]: one["count"] for one in own["states"] if one["count"]} == {
        "HEALTHY": 3,
        "EXPIRING_SOON": 1,
        "REVOKED": 1,
    }
    assert (own["expiringInDay"], own["expiringInWeek"], own["failedRefreshes"]) == (2, 3, 1)
    whole = found["installationConnections"]
    total = await world.owner.fetchval("SELECT count(*) FROM connections WHERE state = 'healthy'")
    assert {one["state"]: one["count"] for one in whole["states"]}["HEALTHY"] == total >= 4
    assert (whole["expiringInDay"] >= 3, whole["failedRefreshes"] >= 1) == (True, True)
    reader = await figures(graph, by=await graph.new_key([Scope.READ]))
    assert (reader["installationConnections"], reader["installationPlatforms"]) == (None, None)
    assert reader["connections"] == own


async def test_tries_are_counted_by_platform_time_and_fault(graph: Graph, other_graph: Graph) -> None:
    world = graph.world
    world.platform.on_publish.extend([Failed(fault(FaultKind.PLATFORM_DOWN)), Failed(fault(FaultKind.INVALID_CONTENT))])
    jobs = [await world.job() for _ in range(5)]
    for job in jobs:
        await wake(world.rt, world.tenant, job.id, "worker-1")
    took = [(2, 0), (4, 1), (1, 2), (2, 3), (3, 4)]
    for seconds, number in took:
        hours = 2 if number == 4 else 0
        await world.owner.execute(
            "UPDATE job_attempts SET started_at = started_at - make_interval(hours => $2), "
            "ended_at = started_at - make_interval(hours => $2) + make_interval(secs => $3) WHERE job_id = $1",
            jobs[number].id,
            hours,
            seconds,
        )
    theirs = await other_graph.world.job()
    await wake(world.rt, other_graph.world.tenant, theirs.id, "worker-1")

    found = await figures(graph)

    faults = [{"kind": "invalid_content", "count": 1}, {"kind": "platform_down", "count": 1}]
    hour = {"succeeded": 2, "failed": 2, "successRate": 0.5, "p50": 1.5, "p95": 1.95, "faults": faults}
    day = {"succeeded": 3, "failed": 2, "successRate": 0.6, "p50": 2.0, "p95": 2.9, "faults": faults}
    seen = scripted(found)
    assert {name: value if name == "faults" else pytest.approx(value) for name, value in hour.items()} == seen[
        "lastHour"
    ]
    assert {name: value if name == "faults" else pytest.approx(value) for name, value in day.items()} == seen["lastDay"]
    assert len(world.platform.ledger) == seen["lastDay"]["succeeded"] + 1  # the other workspace's
    assert scripted(await figures(other_graph))["lastDay"]["succeeded"] == 1
    (whole,) = [one for one in found["installationPlatforms"] if one["key"] == "scripted"]
    assert whole["lastDay"]["succeeded"] >= 4
    nothing = next(one for one in found["platforms"] if one["key"] == "bluesky")["lastDay"]
    assert (nothing["successRate"], nothing["p50"], nothing["faults"]) == (None, None, [])


async def test_of_each_allowance_the_account_with_the_least_left_is_told(graph: Graph) -> None:
    world = graph.world
    world.platform.capabilities = replace(CAPABILITIES, quotas=(QuotaRule("posts", 3, DAY),))
    assert scripted(await figures(graph))["allowances"] == [
        {"name": "posts", "max": 3, "used": 0, "left": 3, "connection": None}
    ]
    one, two = await world.connection(), await world.connection()
    for account in (one, two, two):
        job = await world.job(account)
        await wake(world.rt, world.tenant, job.id, "worker-1")
    assert scripted(await figures(graph))["allowances"] == [
        {"name": "posts", "max": 3, "used": 2, "left": 1, "connection": {"id": encode("Connection", two.id)}}
    ]


async def test_the_next_jobs_are_counted_by_their_verdicts(graph: Graph, other_graph: Graph) -> None:
    world = graph.world
    await world.owner.execute("DELETE FROM breakers")
    world.rt.weather.forget()
    account = await world.connection(tokens=Tokens(Secret("t"), expires_at=now() + timedelta(hours=2)))
    for hours in (1, 3, 5, 30):
        await world.job(account, time=PlannedTime(now() + timedelta(hours=hours)))
    retrying = await world.job(account)
    await world.set(retrying.id, state="retrying", fault='{"message": "It was down."}')
    await other_graph.world.job()
    found = (await figures(graph))["readiness"]
    assert {name: found[name] for name in ("ready", "atRisk", "blocked", "complete")} == {
        "ready": 1,
        "atRisk": 1,
        "blocked": 2,
        "complete": True,
    }


async def test_a_change_of_what_is_counted_is_told_to_who_asked_for_it(
    graph: Graph, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "EVERY", 0.05)
    monkeypatch.setattr(health, "COUNTED", 0.05)
    async with graph.socket(url) as socket:
        await socket.subscribe(
            "subscription { healthUpdated { ...Counted } } fragment Counted on Health { connections { expiringInDay } }"
        )
        assert (await socket.data())["healthUpdated"]["connections"]["expiringInDay"] == 0
        await graph.world.connection(tokens=Tokens(Secret("t"), expires_at=now() + timedelta(hours=2)))
        while (await socket.data())["healthUpdated"]["connections"]["expiringInDay"] != 1:
            pass


async def test_what_nobody_asks_for_is_not_counted(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    async def count(*_: object) -> None:
        raise AssertionError("it was counted")

    monkeypatch.setattr(health, "figures", count)
    monkeypatch.setattr(health, "upcoming", count)
    assert (await graph.ask("{ health { state platforms { key } } }"))["health"]["platforms"]
