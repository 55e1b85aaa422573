"""One sign-in, many accounts: a business connects all of its pages by one choice."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.flows.connections.grants import keep_choices
from app.flows.connections.tickets import find_ticket
from connectors.contract import Account, AccountGrant, Grant, Tokens
from connectors.secret import Secret
from tests.fixtures.graph import Graph

CONNECTED = "... on AccountsConnected { connections { account { externalId } } }"


async def choose(graph: Graph, granted: int, chosen: int) -> tuple[str, dict[str, Any]]:
    """Choose some of the accounts that one sign-in granted; gives the flow and the answer."""
    link = await graph.do("startConnection", "... on ConnectionLink { url flowId }", platform="mastodon")
    accounts = (Account(f"page-{n}", f"@page-{n}", f"Page {n}", "https://m.example") for n in range(granted))
    grant = Grant(tuple(AccountGrant(one, Tokens(Secret(f"t-{one.external_id}"))) for one in accounts))
    await keep_choices(graph.world.rt, await find_ticket(graph.world.rt, link["url"].rsplit("/", 1)[1]), grant)
    given = {"flowId": link["flowId"], "accountIds": [f"page-{n}" for n in range(chosen)]}
    return link["flowId"], await graph.do("selectAccounts", CONNECTED, **given)


async def test_an_agency_connects_thirty_pages_at_once(graph: Graph) -> None:
    _, answer = await choose(graph, 30, 30)
    assert answer["__typename"] == "AccountsConnected", answer
    found = {row["account"]["externalId"] for row in answer["connections"]}
    assert found == {f"page-{n}" for n in range(30)}


async def test_more_than_the_bound_is_refused_and_the_choice_stays_open(graph: Graph) -> None:
    flow, answer = await choose(graph, 201, 201)
    assert (answer["code"], answer["path"]) == ("INVALID_INPUT", ["input", "accountIds"])
    assert "You chose 201 accounts; 200 can be connected" in answer["message"]
    owner = graph.world.owner
    assert await owner.fetchval("SELECT count(*) FROM connections WHERE tenant_id = $1", graph.world.tenant) == 0
    assert await owner.fetchval("SELECT state FROM oauth_flows WHERE id = $1", UUID(flow)) == "choosing"
