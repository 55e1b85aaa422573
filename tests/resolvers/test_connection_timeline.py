"""Why a connection is as it is, what waits for it, and what is offered to the user, over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.actions.jobs.park import miss
from app.domain.connections.model import Connection
from app.domain.jobs.model import Job
from app.flows.connections.disconnect import disconnect
from app.flows.connections.monitor import look_at
from app.flows.connections.switch import pause, resume
from app.flows.publishing.wake import wake
from app.services.events import act_as
from connectors.contract import Tokens
from connectors.faults import FaultKind
from connectors.secret import Secret
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now

K = FaultKind
TIMELINE = """query($id: ID!, $first: Int, $after: Cursor) { node(id: $id) { ... on Connection {
  backlog { parked planned missed }
  timeline(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { at what ok by message } } } } } }"""
RELEASED = "... on MissedJobsReleased { count more dryRun jobs { id state } leftOut { id } }"


async def told(graph: Graph, row: Connection, **page: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(TIMELINE, id=encode("Connection", row.id), **page))["node"]
    return found


def messages(found: dict[str, Any]) -> list[str]:
    return [edge["node"]["message"] for edge in found["timeline"]["edges"]]


async def missed(world: World, row: Connection) -> Job:
    job = await world.job(row)
    await world.set(job.id, state="parked", park_reason="connection", publish_by=now() - timedelta(seconds=1))
    async with world.db.transaction(world.tenant) as session:
        await miss(session, job.id)
    return job


async def test_a_life_is_told_from_its_end_to_its_beginning(graph: Graph) -> None:
    world = graph.world
    tokens = Tokens(Secret("t"), Secret("r"), expires_at=now() + timedelta(seconds=30))
    row = await world.connection("ada", tokens=tokens)
    await look_at(world.rt, world.tenant, row.id)
    await world.job(row)
    await world.update("connections", row.id, ping_at=None)
    world.platform.on_check.extend([refusal(K.PLATFORM_DOWN)])
    await look_at(world.rt, world.tenant, row.id)
    await world.update("connections", row.id, ping_at=None)
    world.platform.on_check.append(refusal(K.AUTH_EXPIRED))
    world.platform.on_refresh.append(refusal(K.ACCOUNT_GONE))
    await look_at(world.rt, world.tenant, row.id)
    await world.connection("ada")
    async with world.db.transaction(world.tenant) as session:
        act_as(session, "key:x")
        await pause(session, row.id)
    async with world.db.transaction(world.tenant) as session:
        act_as(session, "key:x")
        await resume(session, row.id, now=now())
    await disconnect(world.rt, world.tenant, "key:x", row.id)
    found = messages(await told(graph, row, first=50))
    hint = "Do something. Ask for a link with reconnectConnection and open it as the account's owner."
    assert found == [
        "The account was disconnected by an API key; its tokens are destroyed.",
        "1 post that waited may go out now.",
        "The account was switched on by an API key.",
        "The account was switched off by an API key. 1 post waits for it.",
        "The account was reconnected.",
        f"You were told: It is account_gone. 1 post waits for it. {hint}",
        "The platform was asked about the account: It is account_gone.",
        "The platform was asked about the account: It is platform_down.",
        "The platform accepts the account.",
        "The access was renewed.",
        "The account was connected.",
    ]


async def test_the_timeline_is_read_page_by_page(graph: Graph) -> None:
    row = await graph.world.connection()
    for _ in range(4):
        await graph.world.update("connections", row.id, ping_at=None)
        await look_at(graph.world.rt, graph.world.tenant, row.id)
    first = await told(graph, row, first=3)
    assert first["timeline"]["totalCount"] == 5
    assert first["timeline"]["pageInfo"]["hasNextPage"] is True
    rest = await told(graph, row, first=3, after=first["timeline"]["pageInfo"]["endCursor"])
    assert rest["timeline"]["pageInfo"]["hasNextPage"] is False
    assert messages(first) + messages(rest) == ["The platform accepts the account."] * 4 + [
        "The account was connected."
    ]
    moments = [edge["node"]["at"] for page in (first, rest) for edge in page["timeline"]["edges"]]
    assert moments == sorted(moments, reverse=True)


async def test_a_cursor_of_another_list_is_refused(graph: Graph) -> None:
    row = await graph.world.connection()
    assert await graph.code(TIMELINE, id=encode("Connection", row.id), after="WzFd") == "BAD_CURSOR"


async def test_a_reconnect_offers_what_came_too_late_and_a_choice_ends_the_offer(graph: Graph) -> None:
    world = graph.world
    row = await world.connection("ada")
    late, waits = await missed(world, row), await world.job(row)
    await world.update("connections", row.id, state="attention")
    await wake(world.rt, world.tenant, waits.id, "worker")
    assert (await told(graph, row))["backlog"] == {"parked": 1, "planned": 0, "missed": 1}
    given = {"connectionId": encode("Connection", row.id), "action": "PUBLISH_NOW"}
    refused = await graph.do("releaseMissedJobs", RELEASED, **given)
    assert (refused["__typename"], refused["code"]) == ("ConnectionNotUsable", "CONNECTION_NOT_USABLE")
    await look_at(world.rt, world.tenant, row.id)
    assert messages(await told(graph, row))[0] == (
        "1 post that waited may go out now. 1 post came too late: choose with releaseMissedJobs."
    )
    dry = await graph.do("releaseMissedJobs", RELEASED, **given, dryRun=True)
    assert (dry["count"], dry["dryRun"], dry["jobs"][0]["state"]) == (1, True, "FAILED")
    done = await graph.do("releaseMissedJobs", RELEASED, **given)
    assert done == {
        "__typename": "MissedJobsReleased",
        "count": 1,
        "more": False,
        "dryRun": False,
        "jobs": [{"id": encode("Job", late.id), "state": "SCHEDULED"}],
        "leftOut": [],
    }
    assert (await told(graph, row))["backlog"]["missed"] == 0


async def test_the_new_time_belongs_to_the_action_that_moves(graph: Graph) -> None:
    row = await graph.world.connection()
    given = {"connectionId": encode("Connection", row.id)}
    later = {"at": (now() + timedelta(days=1)).isoformat()}
    for wrong in ({"action": "RESCHEDULE"}, {"action": "DROP", "publishAt": later}):
        answer = await graph.do("releaseMissedJobs", RELEASED, **given, **wrong)
        assert (answer["code"], answer["path"]) == ("INVALID_INPUT", ["input", "publishAt"])
    job = await missed(graph.world, row)
    done = await graph.do("releaseMissedJobs", RELEASED, **given, action="RESCHEDULE", publishAt=later)
    assert done["jobs"] == [{"id": encode("Job", job.id), "state": "SCHEDULED"}]
    early = {"at": (now() - timedelta(days=1)).isoformat()}
    answer = await graph.do("releaseMissedJobs", RELEASED, **given, action="RESCHEDULE", publishAt=early)
    assert answer["__typename"] == "PlannedTimeInvalid"


async def test_nobody_elses_posts_are_released(graph: Graph, other_graph: Graph) -> None:
    row = await other_graph.world.connection()
    job = await missed(other_graph.world, row)
    for given in ({"connectionId": encode("Connection", row.id)}, {"jobIds": [encode("Job", job.id)]}):
        answer = await graph.do("releaseMissedJobs", RELEASED, action="PUBLISH_NOW", **given)
        assert answer["__typename"] == "NotFound"


async def test_a_missing_right_is_a_typed_problem(graph: Graph) -> None:
    account = await graph.account("mastodon", "bob")
    await graph.world.update("connections", account.id, granted_scopes=["read", "write:media"])
    given = {"content": {"text": "Hello"}, "targets": [{"connectionId": encode("Connection", account.id)}]}
    fields = "... on InvalidContent { problems { rule limit fix path platform { key } } }"
    for name in ("validatePost", "schedulePost"):
        answer = await graph.do(name, fields, **given)
        assert answer["problems"] == [
            {
                "rule": "connection.scope",
                "limit": "write:statuses",
                "fix": "Reconnect the account with reconnectConnection and allow write:statuses.",
                "path": ["targets", "0", "connectionId"],
                "platform": {"key": "mastodon"},
            }
        ]
    shown = await graph.ask(
        "query($id: ID!) { node(id: $id) { ... on Connection { missingScopes } } }", id=encode("Connection", account.id)
    )
    assert shown["node"]["missingScopes"] == ["write:statuses"]
