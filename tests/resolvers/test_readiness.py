"""Readiness over the API: will each job go out, and if not, why and what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.actions.breakers.pause import Pause, pause
from app.actions.rules.decide import Decide, decide
from app.domain.media.fitting import fingerprint
from app.domain.posts.planned_time import PlannedTime
from app.domain.rules.queries import Rules
from app.domain.rules.quiet import QuietHours, Window
from app.kernel.late_policy import LatePolicy
from connectors.contract import Tokens
from connectors.quotas import QuotaRule
from connectors.secret import Secret
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.scripted import CAPABILITIES
from tests.fixtures.world import World, now

READINESS = """query($within: Float! = 24, $first: Int, $after: Cursor) {
  readiness(within: $within, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { job { id readiness { verdict } } verdict expectedAt
      blocker { code message fix } blockers { code verdict until } } }
  } }"""
HOUR = timedelta(hours=1)
TWO = QuotaRule("posts", 2, timedelta(days=1))


def at(moment: datetime) -> dict[str, Any]:
    """The words of `World.post` that plan a post for a moment."""
    return {"time": PlannedTime(moment)}


async def seen(graph: Graph, **asked: Any) -> list[dict[str, Any]]:
    edges = (await graph.ask(READINESS, **asked))["readiness"]["edges"]
    return [edge["node"] for edge in edges]


async def codes(graph: Graph) -> list[list[str]]:
    return [[one["code"] for one in node["blockers"]] for node in await seen(graph)]


@pytest.fixture
async def calm(graph: Graph) -> World:
    """Give the graph's world with no breaker standing."""
    await graph.world.owner.execute("DELETE FROM breakers; DELETE FROM app_allowances")
    graph.world.rt.weather.forget()
    return graph.world


async def test_the_next_jobs_with_their_verdicts_are_this_workspaces_own(
    graph: Graph, other_graph: Graph, calm: World
) -> None:
    soon = await calm.job(**at(now() + HOUR))
    later = await calm.job(**at(now() + 30 * HOUR))
    await other_graph.world.job(**at(now() + HOUR))
    (node,) = await seen(graph)
    assert node == {
        "job": {"id": encode("Job", soon.id), "readiness": {"verdict": "READY"}},
        "verdict": "READY",
        "expectedAt": soon.due_at.isoformat(),
        "blocker": None,
        "blockers": [],
    }
    both = await seen(graph, within=48)
    assert [one["job"]["id"] for one in both] == [encode("Job", soon.id), encode("Job", later.id)]


async def test_a_token_that_will_be_dead_by_then_is_told_with_its_fix(graph: Graph, calm: World) -> None:
    tokens = Tokens(Secret("short"), expires_at=now() + 2 * HOUR)
    account = await calm.connection("short", tokens=tokens)
    await calm.job(account, **at(now() + HOUR))
    await calm.job(account, **at(now() + 3 * HOUR))
    first, second = await seen(graph)
    assert (first["verdict"], second["verdict"], second["expectedAt"]) == ("READY", "BLOCKED", None)
    row = await calm.connection_row(account.id)
    assert second["blocker"] == {
        "code": "TOKEN_ENDS",
        "message": f"The access to the account @short ends at {row.token_expires_at:%Y-%m-%d %H:%M} UTC, "
        "before this post goes out.",
        "fix": "Reconnect the account with reconnectConnection before then.",
    }


async def test_a_token_that_is_renewed_by_itself_is_no_reason(graph: Graph, calm: World) -> None:
    tokens = Tokens(Secret("short"), Secret("refresh"), expires_at=now() + HOUR, refresh_expires_at=now() + 2 * HOUR)
    account = await calm.connection(tokens=tokens)
    await calm.job(account, **at(now() + 3 * HOUR))
    assert await codes(graph) == [[]]
    await calm.update("connections", account.id, renewed_at=now() + HOUR)  # a renewal that began no new life
    assert await codes(graph) == [["TOKEN_ENDS"]]
    await calm.update("connections", account.id, renewed_at=account.renewed_at, refresh_failures=1)
    assert await codes(graph) == [["TOKEN_ENDS"]]
    await calm.update("connections", account.id, token_expires_at=None)
    assert await codes(graph) == [["RENEWAL_FAILS"]]


async def test_allowances_count_the_jobs_before_also_those_of_pages_before(graph: Graph, calm: World) -> None:
    calm.platform.capabilities = replace(CAPABILITIES, quotas=(TWO,))
    account = await calm.connection()
    for number in range(4):
        await calm.job(account, **at(now() + (number + 1) * HOUR), publish_by=now() + 48 * HOUR)
    assert await codes(graph) == [[], [], ["ALLOWANCE_SPENT"], ["ALLOWANCE_SPENT"]]
    first = (await graph.ask(READINESS, first=3))["readiness"]
    (rest,) = await seen(graph, first=3, after=first["pageInfo"]["endCursor"])
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    assert [one["code"] for one in rest["blockers"]] == ["ALLOWANCE_SPENT"]
    assert rest["job"]["readiness"] == {"verdict": "AT_RISK"}


async def test_what_holds_a_platform_or_an_hour_is_told(graph: Graph, calm: World) -> None:
    account = await calm.connection()
    job = await calm.job(account, **at(now() + HOUR))
    async with calm.db.system() as session:
        await pause(session, Pause("scripted", "Maintenance", "tests"))
    calm.rt.weather.forget()
    (node,) = await seen(graph)
    assert node["blocker"]["message"] == "Scripted was switched off by the operator: Maintenance"
    await calm.owner.execute("UPDATE breakers SET state = 'open', next_probe_at = $1", now() + timedelta(minutes=1))
    calm.rt.weather.forget()
    assert await codes(graph) == [["PLATFORM_IN_TROUBLE"]]
    await calm.owner.execute("DELETE FROM breakers")
    calm.rt.weather.forget()
    start, end = (job.due_at + delta for delta in (-HOUR, HOUR))
    begins, ends = (moment.time().replace(second=0, microsecond=0, tzinfo=None) for moment in (start, end))
    quiet = QuietHours("UTC", (Window(begins, ends),))
    async with calm.db.transaction(calm.tenant) as session:
        await decide(session, Decide(Rules(quiet=quiet), None))
    (node,) = await seen(graph)
    until = quiet.until(job.due_at)
    assert until is not None
    assert node["expectedAt"] == until.isoformat()
    assert node["blockers"] == [{"code": "QUIET_HOURS", "verdict": "AT_RISK", "until": until.isoformat()}]


async def test_what_became_of_the_account_the_content_and_the_last_try_is_told(graph: Graph, calm: World) -> None:
    account = await calm.connection()
    job = await calm.job(account, **at(now() + HOUR))
    for state, code in (("paused", "ACCOUNT_PAUSED"), ("attention", "ACCESS_LOST"), ("revoked", "DISCONNECTED")):
        await calm.update("connections", account.id, state=state)
        assert await codes(graph) == [[code]]
    await calm.update("connections", account.id, state="healthy")
    fault = {"kind": "unreachable", "message": "It was down.", "hint": ""}
    await calm.set(job.id, state="retrying", fault=json.dumps(fault))
    (node,) = await seen(graph)
    assert (node["blocker"]["code"], node["blocker"]["message"]) == ("RETRYING", "A try has failed: It was down.")
    long = {**job.content, "parts": [{**job.content["parts"][0], "text": "x" * 101}]}
    await calm.set(job.id, state="scheduled", content=json.dumps(long))
    (node,) = await seen(graph)
    assert (node["verdict"], node["blocker"]["code"]) == ("BLOCKED", "CONTENT_REFUSED")
    await calm.set(job.id, content=json.dumps(job.content), publish_by=job.due_at, late_policy=LatePolicy.PUBLISH.value)
    (node,) = await seen(graph)
    assert (node["verdict"], node["blocker"]["code"]) == ("AT_RISK", "WINDOW_MISSED")


async def test_files_that_are_missing_or_still_to_be_made_fit_are_told(graph: Graph, calm: World) -> None:
    job = await calm.job(await graph.account("bluesky"), **at(now() + HOUR))
    media = uuid4()
    part = {**job.content["parts"][0], "media": [{"id": str(media), "alt": "A picture"}]}
    await calm.set(job.id, content=json.dumps({**job.content, "parts": [part]}))
    assert await codes(graph) == [["MEDIA_MISSING"]]
    await calm.owner.execute(
        "INSERT INTO media (id, tenant_id, state, filename, object_key, mime, size, sha256, kind, width, height, "
        "clean, fit_at) "
        "VALUES ($1, $2, 'ready', 'large.png', $3, 'image/png', 9000000, 'x', 'image', 4000, 4000, true, now())",
        media,
        calm.tenant,
        str(media),
    )
    (node,) = await seen(graph)
    assert node["blocker"] == {
        "code": "COPY_PENDING",
        "message": "A copy that fits Bluesky is still to be made of large.png.",
        "fix": "Nothing to do: it is made by itself, at the latest with the post. Tell the operator if it stays so.",
    }
    rules = calm.rt.catalog.get("bluesky").capabilities.images
    assert rules is not None
    made = (
        "INSERT INTO media_derivatives (id, tenant_id, media_id, rules, state, problem) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    await calm.owner.execute(made, media, calm.tenant, media, fingerprint(rules), "failed", "It is broken.")
    (node,) = await seen(graph)
    assert (node["blocker"]["code"], node["blocker"]["message"]) == ("MEDIA_MISSING", "It is broken.")
    await calm.update("media", media, fit_at=None)
    await calm.owner.execute("DELETE FROM media_derivatives WHERE media_id = $1", media)
    assert await codes(graph) == [[]]  # a copy for this post alone is made with it


async def test_a_job_that_does_not_wait_has_no_readiness(graph: Graph, calm: World) -> None:
    job = await calm.job()
    asked = "query($id: ID!) { node(id: $id) { ... on Job { readiness { verdict } } } }"
    found = await graph.ask(asked, id=encode("Job", job.id))
    assert found["node"]["readiness"] == {"verdict": "READY"}
    await calm.set(job.id, state="cancelled", wake_at=None)
    assert (await graph.ask(asked, id=encode("Job", job.id)))["node"]["readiness"] is None
    assert await seen(graph) == []


async def test_a_time_that_makes_no_sense_is_refused(graph: Graph) -> None:
    for within in (0, -1, 745):
        assert await graph.code(READINESS, within=within) == "INVALID_INPUT"


async def test_a_hundred_jobs_of_two_hundred_cost_no_more_statements_than_two(graph: Graph, calm: World) -> None:
    calm.platform.capabilities = replace(CAPABILITIES, quotas=(TWO,))
    accounts = [await calm.connection() for _ in range(10)]
    for account in accounts:
        await calm.job(account, **at(now() + HOUR))
    statements: list[str] = []
    engine = calm.db.app_engine.sync_engine

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if "set_config" not in statement:
            statements.append(statement)

    async def cost(first: int) -> int:
        statements.clear()
        event.listen(engine, "before_cursor_execute", note)
        try:
            nodes = await seen(graph, first=first)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        assert len(nodes) == first
        return len(statements)

    few = await cost(2)
    await calm.owner.execute(
        """
        WITH kept AS (SELECT * FROM jobs WHERE tenant_id = $1), made AS (
            SELECT gen_random_uuid() AS post, gen_random_uuid() AS job, kept.*, number
            FROM kept CROSS JOIN generate_series(1, 20) AS number
        ), written AS (
            INSERT INTO posts (id, tenant_id, content, state, due_at, publish_by, late_policy, created_by)
            SELECT post, tenant_id, content, 'scheduled', due_at, publish_by, late_policy, 'tests' FROM made
        )
        INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at,
                          wake_at, publish_by, max_attempts)
        SELECT job, tenant_id, post, connection_id, platform, content, state, parts,
               due_at + number * interval '1 minute', ready_at, wake_at, publish_by, max_attempts FROM made
        """,
        calm.tenant,
    )
    assert await cost(100) == few <= 14
