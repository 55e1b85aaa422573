"""A reconnect asks the platform for exactly the rights that its connector declares, the missing ones among them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.flows.connections.connect import Offer, begin, offer
from app.flows.connections.tickets import Ticket, find_ticket
from connectors.capabilities import ConnectBy, ConnectMethod
from connectors.contract import Context, Redirect, StartAuthorization, Tokens
from connectors.scopes import Scope, ScopeUse
from connectors.secret import Secret
from tests.fixtures.scripted import CAPABILITIES
from tests.fixtures.world import World

SCOPES = (Scope("write", "Write.", ScopeUse.PUBLISH), Scope("figures", "Count.", ScopeUse.FIGURES))


async def test_the_exact_rights_are_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = (ConnectMethod(ConnectBy.OAUTH),)
    world.platform.capabilities = replace(CAPABILITIES, connect=ways, scopes=SCOPES)
    row = await world.connection("ada", tokens=Tokens(Secret("t"), scopes=("figures", "everything")))
    asked: list[StartAuthorization] = []

    async def start(_cx: Context, request: StartAuthorization) -> Redirect:
        asked.append(request)
        return Redirect("https://scripted.example/authorize", None)

    monkeypatch.setattr(world.platform, "start", start)
    ticket = await offer(world.rt, world.tenant, "key:x", Offer("scripted", repair=row.id))
    assert isinstance(ticket, Ticket)
    flow = await find_ticket(world.rt, ticket.url.rsplit("/", 1)[-1])
    await begin(world.rt, flow, {})
    assert flow.connection_id == row.id
    assert [request.scopes for request in asked] == [("write", "figures")]
