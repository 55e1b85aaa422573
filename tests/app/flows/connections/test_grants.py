"""From a grant to connections: accounts of several platforms, and the one that a repair is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.connections.errors import ConnectFailed, DifferentAccount
from app.domain.connections.model import Connection
from app.domain.connections.queries import ConnectionFilter, connections
from app.flows.connections.grants import connect_all
from connectors.catalog import BUILT_IN, Catalog
from connectors.contract import Account, AccountGrant, Grant, Tokens
from connectors.secret import Secret
from tests.fixtures.world import World


@pytest.fixture
def world(world: World) -> World:
    """Give the workspace with the real platforms' declarations."""
    return replace(world, rt=replace(world.rt, catalog=Catalog(BUILT_IN)))


def granted(
    name: str, *, token: str = "first", platform: str | None = None, scopes: tuple[str, ...] = ()
) -> AccountGrant:
    account = Account(f"id-{name}", name, name, "https://m.example")
    return AccountGrant(account, Tokens(Secret(token), scopes=scopes), platform)


async def everyone(world: World) -> list[Connection]:
    async with world.rt.db.read(world.tenant) as session:
        return list((await session.scalars(connections(session, ConnectionFilter()))).all())


async def test_each_account_is_connected_on_its_own_platform(world: World) -> None:
    grant = Grant((granted("page"), granted("photos", platform="bluesky")))
    made = await connect_all(world.rt, world.tenant, "tests", "mastodon", grant)
    assert [(row.platform, row.handle) for row in made] == [("mastodon", "page"), ("bluesky", "photos")]


async def test_a_repair_takes_its_own_account_out_of_many(world: World) -> None:
    both = Grant((granted("one"), granted("two")))
    kept, repaired = await connect_all(world.rt, world.tenant, "tests", "mastodon", both)
    again = Grant((granted("one", token="new"), granted("two", token="new")))
    made = await connect_all(world.rt, world.tenant, "tests", "mastodon", again, repair=repaired.id)
    assert [row.id for row in made] == [repaired.id]
    versions = {row.id: row.token_version for row in await everyone(world)}
    assert versions == {kept.id: kept.token_version, repaired.id: repaired.token_version + 1}


async def test_a_repair_without_its_account_is_refused_by_name(world: World) -> None:
    (lost,) = await connect_all(world.rt, world.tenant, "tests", "mastodon", Grant((granted("lost"),)))
    others = Grant((granted("one"), granted("two")))
    with pytest.raises(DifferentAccount, match="You granted access to one, but this connection is lost"):
        await connect_all(world.rt, world.tenant, "tests", "mastodon", others, repair=lost.id)
    assert [row.handle for row in await everyone(world)] == ["lost"]


async def test_a_repair_without_the_right_to_publish_mends_nothing(world: World) -> None:
    (lost,) = await connect_all(world.rt, world.tenant, "tests", "mastodon", Grant((granted("lost"),)))
    less = Grant((granted("lost", token="new", scopes=("read:accounts", "write:media")),))
    with pytest.raises(ConnectFailed, match="without write:statuses no post could go out"):
        await connect_all(world.rt, world.tenant, "tests", "mastodon", less, repair=lost.id)
    (row,) = await everyone(world)
    assert (row.token_version, row.granted_scopes) == (lost.token_version, [])


@pytest.mark.parametrize(
    "scopes", [("read:accounts", "write:statuses"), ("read", "write"), ()], ids=["exact", "broader", "not said"]
)
async def test_a_repair_with_the_rights_that_posts_need_is_taken(world: World, scopes: tuple[str, ...]) -> None:
    (lost,) = await connect_all(world.rt, world.tenant, "tests", "mastodon", Grant((granted("lost"),)))
    enough = Grant((granted("lost", token="new", scopes=scopes),))
    (row,) = await connect_all(world.rt, world.tenant, "tests", "mastodon", enough, repair=lost.id)
    assert (row.id, row.token_version, row.granted_scopes) == (lost.id, lost.token_version + 1, list(scopes))
