"""What a platform is told when an account is disconnected, and that user and audit log read the truth about it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.flows.connections.disconnect import SHARED, disconnect
from app.flows.connections.monitor import look_at
from connectors.capabilities import ConnectBy, ConnectMethod
from connectors.contract import Access, Revocation, Tokens
from connectors.secret import Secret
from tests.fixtures.scripted import CAPABILITIES
from tests.fixtures.world import World, now

WHY = "Scripted has no call for it. Remove it in its settings."


@pytest.fixture
def world(world: World) -> World:
    """Give a platform with two applications, one for each way."""
    ways = (ConnectMethod(ConnectBy.OAUTH, app="one"), ConnectMethod(ConnectBy.PAGE, app="two"))
    world.platform.capabilities = replace(CAPABILITIES, connect=ways)
    return world


async def page(world: World, name: str, by: ConnectBy = ConnectBy.OAUTH) -> Connection:
    # The platform object is the same for both workspaces of a test and new for each test.
    owner = f"person-{id(world.platform)}"
    return await world.connection(name, tokens=Tokens(Secret(f"t-{name}"), method=by), owner_id=owner)


async def ended(world: World, row: Connection) -> str:
    """Disconnect; gives what the audit log says of the platform, which the user reads as well."""
    after = await disconnect(world.rt, world.tenant, "key:tests", row.id)
    assert after.state is ConnectionState.REVOKED
    query = "SELECT details FROM audit_log WHERE subject_id = $1 ORDER BY at DESC"
    said: str = json.loads(await world.owner.fetchval(query, row.id))["platformSaid"]
    assert (after.reason or {})["message"] == (
        f"The account was disconnected here. At the platform: {said.removesuffix('.')}."
    )
    return said


async def test_a_consent_that_others_live_by_ends_with_the_last_of_them(world: World, stranger: World) -> None:
    mine, sibling, theirs = await page(world, "a"), await page(world, "b"), await page(stranger, "c")
    assert [await ended(world, mine), await ended(world, sibling)] == [SHARED, SHARED]
    assert world.platform.revoked == []
    assert await ended(stranger, theirs) == "the access is ended"
    assert world.platform.revoked == ["t-c"]


async def test_another_application_of_the_operators_is_another_consent(world: World) -> None:
    await page(world, "other", ConnectBy.PAGE)
    assert await ended(world, await page(world, "mine")) == "the access is ended"


async def test_a_platform_that_has_no_call_for_it_was_told_nothing(world: World) -> None:
    world.platform.on_revoke.append(Revocation(told=False, why=WHY))
    assert await ended(world, await page(world, "a")) == f"nothing: {WHY}"


async def test_where_the_access_is_gone_already_nothing_is_claimed(world: World) -> None:
    row = await page(world, "a")
    await world.owner.execute("DELETE FROM sealed_tokens WHERE connection_id = $1", row.id)
    assert await ended(world, row) == "nothing: there was no access left to end"
    assert world.platform.revoked == []


async def test_fresh_tokens_of_a_renewal_on_its_way_are_the_ones_that_end(world: World) -> None:
    """Otherwise they would live on at the platform, and nobody would know them."""
    tokens = Tokens(Secret("old"), Secret("r-old"), expires_at=now() + timedelta(seconds=5))
    row = await world.connection("ada", tokens=tokens)
    called, let_go = asyncio.Event(), asyncio.Event()

    async def slow(_task: Any, _access: Access) -> Tokens:
        called.set()
        await let_go.wait()
        return Tokens(Secret("fresh"), Secret("r-fresh"), expires_at=now() + timedelta(hours=1))

    world.platform.on_refresh.append(slow)
    looking = asyncio.create_task(look_at(world.rt, world.tenant, row.id))
    await called.wait()
    ending = asyncio.create_task(disconnect(world.rt, world.tenant, "key:tests", row.id))
    await asyncio.wait([ending], timeout=0.5)
    assert not ending.done()
    let_go.set()
    assert (await ending).state is ConnectionState.REVOKED
    await looking
    assert world.platform.revoked == ["fresh"]
    assert await world.owner.fetchval("SELECT count(*) FROM sealed_tokens WHERE connection_id = $1", row.id) == 0
