from __future__ import annotations

from datetime import timedelta

from app.flows.upkeep.addresses import cut_addresses
from app.kernel import ids
from tests.fixtures.world import World, now


async def test_addresses_are_cut_to_their_networks_after_their_time(world: World) -> None:
    old, young = now() - timedelta(days=31), now() - timedelta(days=29)
    for at, address in ((old, "203.0.113.77"), (old, "2001:db8:1:2::3"), (old, None), (young, "203.0.113.77")):
        await world.owner.execute(
            "INSERT INTO audit_log (id, tenant_id, verb, subject_kind, actor, at, address) "
            "VALUES ($1, $2, 'x.y', 'x', 'x', $3, $4)",
            ids.new(),
            world.tenant,
            at,
            address,
        )
    assert await cut_addresses(world.rt) == 2
    assert await cut_addresses(world.rt) == 0
    query = "SELECT address::text FROM audit_log WHERE tenant_id = $1 ORDER BY at, id"
    kept = [row["address"] for row in await world.owner.fetch(query, world.tenant)]
    assert kept == ["203.0.113.0/24", "2001:db8:1::/48", None, "203.0.113.77/32"]
