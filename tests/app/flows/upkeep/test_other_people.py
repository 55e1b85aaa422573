"""Words and names of other people leave when their platform says so, and with the access to the account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.flows.connections.disconnect import disconnect
from app.flows.upkeep.retention import sweep
from app.flows.webhooks.process import process
from connectors.catalog import BUILT_IN, Catalog
from tests.fixtures.deliveries import Incoming, comment, person
from tests.fixtures.world import World, now
from tests.security.canaries import database_text

KINDS = ("name", "number", "words")


def canary(world: World, kind: str) -> str:
    """A value that stands nowhere else in the database."""
    return f"canary-{kind}-{world.tenant.hex}"


async def found(world: World) -> set[str]:
    """Which canaries stand in any table; a body is looked into as well."""
    text = b"".join((await database_text(world.owner)).values())
    bodies = await world.owner.fetch("SELECT body FROM webhook_deliveries")
    text += b"".join(row["body"] for row in bodies)
    return {kind for kind in KINDS if canary(world, kind).encode() in text}


async def told(world: World, platform: str) -> Incoming:
    """A comment of somebody else's about an account on a platform."""
    incoming = Incoming(world)
    account = f"p-{world.tenant.hex}"
    page = await incoming.page(external_id=account, owner_id=f"u-{world.tenant.hex}")
    ann: Any = {"from": {"id": canary(world, "number"), "name": canary(world, "name")}}
    taken = await incoming.take(comment(account, message=canary(world, "words"), **ann))
    await process(world.rt, taken)
    await incoming.move(page, platform=platform)
    mine = "WHERE tenant_id = $1"
    await world.owner.execute(f"UPDATE webhook_shares SET platform = $2 {mine}", world.tenant, platform)
    await world.owner.execute("UPDATE webhook_deliveries SET receiver = $2 WHERE id = $1", taken, platform)
    return incoming


async def aged(world: World, hours: int) -> None:
    for table in ("webhook_shares", "webhook_deliveries"):
        await world.owner.execute(
            f"UPDATE {table} SET received_at = received_at - $1::interval", timedelta(hours=hours)
        )
    await sweep(replace(world.rt, catalog=Catalog(BUILT_IN)))


async def test_linkedin_lets_names_be_kept_for_a_day_and_words_for_two(world: World) -> None:
    await told(world, "linkedin")
    await aged(world, 23)
    assert await found(world) == {"name", "number", "words"}
    await aged(world, 2)
    notice = await world.owner.fetchval("SELECT details FROM webhook_notices WHERE tenant_id = $1", world.tenant)
    assert canary(world, "words") in notice
    assert canary(world, "name") not in notice
    assert canary(world, "number") not in notice
    await aged(world, 24)
    assert await found(world) == set()
    (event,) = [one for one in await world.events() if one.type == "comment.added"]
    assert set(event.changes) == {"connectionId", "postId"}
    kinds = await world.owner.fetch("SELECT kind FROM webhook_notices WHERE tenant_id = $1", world.tenant)
    assert [row["kind"] for row in kinds] == ["comment.added"]


async def test_a_platform_without_a_limit_keeps_them_as_long_as_the_installation_does(world: World) -> None:
    await told(world, "facebook")
    await aged(world, 100)
    assert await found(world) == {"name", "number", "words"}


@pytest.mark.parametrize("by", ["disconnect", "deauthorize"])
async def test_words_of_others_do_not_outlive_the_access(world: World, by: str) -> None:
    incoming = await told(world, "scripted" if by == "disconnect" else "facebook")
    (row,) = await world.owner.fetch("SELECT id FROM connections WHERE tenant_id = $1", world.tenant)
    assert await found(world) == {"name", "number", "words"}
    if by == "disconnect":
        await disconnect(world.rt, world.tenant, "key:tests", row["id"])
    else:
        await incoming.process(person(f"u-{world.tenant.hex}", now().timestamp()), callback="deauthorize")
    assert await found(world) == set()
    assert "comment.added" in await world.types()
