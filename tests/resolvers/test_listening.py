"""Whether an account is listened to, over the API, and a whole page of what was heard."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from app.actions.connections.listening import Heard, note_listening
from app.domain.connections.listening import ListeningState
from app.domain.connections.model import Connection
from connectors.faults import FaultKind
from schema.node import encode
from tests.fixtures.deliveries import Incoming, comment
from tests.fixtures.graph import Graph

ASKED = """query($id: ID!) { node(id: $id) { ... on Connection {
  listening { state since problem { code message hint } }
  timeline(first: 5) { edges { node { what message by } } } } } }"""
PAGE = """query { webhookDeliveries(first: 20) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node {
  id platform state problem receivedAt notices { kind at outcome details { field value } connection {
    id state reason { code message hint } method grantedScopes missingScopes tokenExpiresAt refreshesItself lastOkAt
    renewedAt createdAt updatedAt account { externalId kind handle name server url avatarUrl }
    backlog { parked planned missed } listening { state since problem { code message hint } } } } } } } }"""
LOOK = timedelta(minutes=1)


async def seen(graph: Graph, row: Connection) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(ASKED, id=encode("Connection", row.id)))["node"]
    return found


async def note(graph: Graph, row: Connection, state: ListeningState, **more: Any) -> None:
    world = graph.world
    async with world.db.transaction(world.tenant) as session:
        await note_listening(session, Heard(row.id, state, world.clock.now(), LOOK, **more))


async def test_an_account_that_tells_nothing_has_nothing_to_show(graph: Graph) -> None:
    row = await graph.world.connection()
    await graph.world.update("connections", row.id, platform="mastodon")
    assert (await seen(graph, row))["listening"] is None


async def test_one_that_was_not_asked_yet_is_pending(graph: Graph) -> None:
    row = await Incoming(graph.world).page()
    assert (await seen(graph, row))["listening"] == {"state": "PENDING", "since": None, "problem": None}


async def test_what_came_of_it_is_shown_and_told_in_sentences(graph: Graph) -> None:
    row = await Incoming(graph.world).page()
    problem = {"code": FaultKind.PERMISSION_MISSING.value, "message": "A right is missing.", "hint": "Reconnect."}
    await note(graph, row, ListeningState.FAILED, problem=problem)
    found = await seen(graph, row)
    assert found["listening"] == {"state": "FAILED", "since": None, "problem": problem}
    await note(graph, row, ListeningState.LISTENING, anew=True)
    await note(graph, row, ListeningState.LISTENING, anew=True)
    found = await seen(graph, row)
    assert (found["listening"]["state"], found["listening"]["problem"]) == ("LISTENING", None)
    assert found["listening"]["since"] is not None
    assert [edge["node"]["message"] for edge in found["timeline"]["edges"]] == [
        "The platform tells POSTD at once what happens on the account. It had stopped, and was asked again.",
        "The platform tells POSTD at once what happens on the account.",
        "The platform does not tell POSTD what happens on the account: A right is missing. Reconnect.",
        "The account was connected.",
    ]


async def test_a_page_of_twenty_deliveries_with_all_that_is_in_them_is_within_the_cost(graph: Graph) -> None:
    incoming = Incoming(graph.world)
    page = await incoming.page(external_id="whole-page")
    for number in range(20):
        await incoming.process(comment("whole-page", number))
    found = (await graph.ask(PAGE))["webhookDeliveries"]
    heard = [notice for edge in found["edges"] for notice in edge["node"]["notices"]]
    assert (found["totalCount"], len(heard)) == (20, 20)
    assert {notice["connection"]["id"] for notice in heard} == {encode("Connection", page.id)}
    assert json.dumps(heard).count("hi ") == 20
