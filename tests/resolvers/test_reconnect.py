"""A reconnect goes the way that the account was connected by, on every platform, unless the caller says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from app.kernel.settings import PlatformApp
from connectors.capabilities import ConnectBy
from connectors.catalog import BUILT_IN
from schema.node import encode
from tests.fixtures.graph import Graph, graph_of
from tests.fixtures.world import World

LINK = "... on ConnectionLink { flowId }"
WAYS = [(one.capabilities.key, way.by) for one in BUILT_IN for way in one.capabilities.connect]
NAMES = {way.app for one in BUILT_IN for way in one.capabilities.connect if way.app}


@pytest.fixture
async def ready(live_world: World) -> AsyncIterator[Graph]:
    """Give the API of an operator who has made every application."""
    apps = {name: PlatformApp(client_id="1", client_secret="shh") for name in NAMES}
    settings = live_world.rt.settings.model_copy(update={"apps": apps})
    async with graph_of(replace(live_world, rt=replace(live_world.rt, settings=settings))) as graph:
        yield graph


async def asked(graph: Graph, connection_id: UUID, **more: object) -> str:
    """The way of the link that is given."""
    given = {"connectionId": encode("Connection", connection_id), **more}
    link = await graph.do("reconnectConnection", LINK, **given)
    assert link["__typename"] == "ConnectionLink", link
    query = "SELECT method FROM oauth_flows WHERE id = $1"
    found: str = await graph.world.owner.fetchval(query, UUID(link["flowId"]))
    return found


@pytest.mark.parametrize(("platform", "by"), WAYS, ids=str)
async def test_the_way_back_is_the_way_it_came(ready: Graph, platform: str, by: ConnectBy) -> None:
    account = await ready.account(platform, by=by)
    assert await asked(ready, account.id) == by.value


async def test_another_way_can_be_chosen(ready: Graph) -> None:
    account = await ready.account("instagram", by=ConnectBy.PAGE)
    assert await asked(ready, account.id, method="OAUTH") == "oauth"
