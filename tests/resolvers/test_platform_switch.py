from __future__ import annotations

from typing import Any

import pytest

from app.domain.jobs.states import JobState, ParkReason
from app.domain.keys.model import Scope
from app.flows.publishing.wake import wake
from tests.fixtures.graph import Graph

HEALTH = """
{ health { checks { name state message } platforms {
  key state breakers { state operation server reason nextProbeAt } waiting { reason count } } } }
"""
PLATFORM = "platform { key state breakers { state operation reason } }"
PAUSED, RESUMED = f"... on PlatformPaused {{ {PLATFORM} }}", f"... on PlatformResumed {{ {PLATFORM} }}"


@pytest.fixture(autouse=True)
async def no_breakers(graph: Graph) -> None:
    await graph.world.owner.execute("DELETE FROM breakers")


async def seen(graph: Graph, key: str = "scripted") -> dict[str, Any]:
    platforms = (await graph.ask(HEALTH))["health"]["platforms"]
    found: dict[str, Any] = next(one for one in platforms if one["key"] == key)
    return found


async def test_a_paused_platform_sends_nothing_and_says_why(graph: Graph) -> None:
    world = graph.world
    done = await graph.do("pausePlatform", PAUSED, platform="scripted", reason="Asked by the platform.")
    held = {"state": "PAUSED", "operation": "ALL", "reason": "Asked by the platform."}
    assert done["platform"] == {"key": "scripted", "state": "PAUSED", "breakers": [held]}
    job = await world.job()
    await wake(world.rt, world.tenant, job.id, "w")
    row = await world.row(job.id)
    assert (row.state, row.park_reason, row.attempts, row.wake_at) == (
        JobState.PARKED,
        ParkReason.BREAKER,
        0,
        row.publish_by,
    )
    assert world.platform.calls == []
    shown = await seen(graph)
    assert shown["waiting"] == [{"reason": "BREAKER", "count": 1}]
    assert shown["breakers"][0]["nextProbeAt"] is None
    assert (await seen(graph, "bluesky"))["state"] == "CLOSED"
    checks = {one["name"]: one for one in (await graph.ask(HEALTH))["health"]["checks"]}
    assert (checks["platforms"]["state"], "scripted" in checks["platforms"]["message"]) == ("DEGRADED", True)


async def test_a_resumed_platform_lets_out_what_waits(graph: Graph) -> None:
    world = graph.world
    await graph.do("pausePlatform", PAUSED, platform="scripted", reason="A test.")
    job = await world.job()
    await wake(world.rt, world.tenant, job.id, "w")
    done = await graph.do("resumePlatform", RESUMED, platform="scripted")
    assert done["platform"] == {"key": "scripted", "state": "CLOSED", "breakers": []}
    moved = await world.row(job.id)
    assert moved.wake_at is not None
    assert moved.wake_at < moved.publish_by
    await wake(world.rt, world.tenant, job.id, "w")
    assert (await world.row(job.id)).state is JobState.PUBLISHED
    told = [kind for kind in await world.types() if kind.startswith("platform.")]
    assert told == ["platform.paused", "platform.recovered"]


async def test_both_are_written_down(graph: Graph) -> None:
    await graph.do("pausePlatform", PAUSED, platform="scripted", reason="A test.")
    await graph.do("resumePlatform", RESUMED, platform="scripted")
    rows = await graph.world.owner.fetch(
        "SELECT verb, actor, details FROM audit_log WHERE tenant_id = $1 AND verb LIKE 'platform%' ORDER BY at",
        graph.world.tenant,
    )
    assert [row["verb"] for row in rows] == ["platform.pause", "platform.resume"]
    assert all(row["actor"].startswith("key:") for row in rows)
    assert '"A test."' in rows[0]["details"]


@pytest.mark.parametrize(
    ("verb", "given", "code"),
    [
        ("pausePlatform", {"platform": "nowhere", "reason": "x"}, "UNKNOWN_PLATFORM"),
        ("pausePlatform", {"platform": "scripted", "reason": " "}, "INVALID_INPUT"),
        ("resumePlatform", {"platform": "nowhere"}, "UNKNOWN_PLATFORM"),
        ("resumePlatform", {"platform": "scripted"}, "PLATFORM_NOT_PAUSED"),
    ],
)
async def test_a_refusal_changes_nothing(graph: Graph, verb: str, given: dict[str, str], code: str) -> None:
    refused = await graph.do(verb, "", **given)
    assert (refused["code"], bool(refused["hint"])) == (code, True)
    assert await graph.world.owner.fetchval("SELECT count(*) FROM breakers") == 0


async def test_only_operators_may(graph: Graph) -> None:
    key = await graph.new_key([scope for scope in Scope if scope is not Scope.OPERATOR])
    for verb, more in (("pausePlatform", ', reason: "x"'), ("resumePlatform", "")):
        text = f'mutation {{ {verb}(input: {{platform: "scripted"{more}}}) {{ __typename }} }}'
        assert await graph.code(text, by=key) == "FORBIDDEN"
    assert await graph.world.owner.fetchval("SELECT count(*) FROM breakers") == 0


async def test_allowances_are_shown_with_whom_they_are_for(graph: Graph) -> None:
    asked = '{ platform(key: "facebook") { quotas { name max seconds scope window counts cost } } }'
    assert (await graph.ask(asked))["platform"]["quotas"] == [
        {
            "name": "reels",
            "max": 30,
            "seconds": 86400,
            "scope": "ACCOUNT",
            "window": "ROLLING",
            "counts": "POSTS",
            "cost": 1,
        }
    ]
