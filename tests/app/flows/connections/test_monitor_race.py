"""A look with tokens that the user replaces meanwhile: what it saw says nothing about the new ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.flows.connections.monitor import look_at
from connectors.contract import Access, Tokens
from connectors.faults import FaultKind
from connectors.secret import Secret
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now

K = FaultKind
AGAIN = ["connection.connected", "connection.connected"]


def reconnecting(world: World, then: FaultKind) -> Any:
    """An answer that comes after the user has connected the account again."""

    async def answer(_task: object, access: Access) -> None:
        tokens = Tokens(Secret("fresh"), Secret("fresh-r"), expires_at=now() + timedelta(days=30))
        await world.connection("ada", tokens=tokens)
        raise refusal(then)

    return answer


async def untouched(world: World, row: Connection) -> None:
    after = await world.connection_row(row.id)
    assert (after.state, after.reason, after.refresh_failures) == (ConnectionState.HEALTHY, None, 0)
    assert await world.types(row.id) == AGAIN
    checks = "SELECT count(*) FROM connection_checks WHERE connection_id = $1"
    assert await world.owner.fetchval(checks, row.id) == 0


async def test_two_refusals_with_a_reconnect_between_them_cost_nothing(world: World) -> None:
    row = await world.connection("ada")
    world.platform.on_check.extend([refusal(K.AUTH_EXPIRED), reconnecting(world, K.AUTH_EXPIRED)])
    await look_at(world.rt, world.tenant, row.id)
    assert world.platform.calls == ["check", "check"]
    await untouched(world, row)


@pytest.mark.parametrize("trouble", [K.AUTH_EXPIRED, K.PLATFORM_DOWN])
async def test_a_renewal_that_failed_with_the_tokens_before_counts_for_nothing(
    world: World, trouble: FaultKind
) -> None:
    tokens = Tokens(Secret("old"), Secret("r-old"), expires_at=now() + timedelta(seconds=5))
    row = await world.connection("ada", tokens=tokens)
    world.platform.on_refresh.append(reconnecting(world, trouble))
    after = await look_at(world.rt, world.tenant, row.id)
    assert after is not None
    assert after.token_version == 2
    await untouched(world, row)


async def test_a_refusal_with_the_tokens_of_now_still_counts(world: World) -> None:
    row = await world.connection("ada")
    world.platform.on_check.extend([refusal(K.AUTH_EXPIRED)] * 2)
    after = await look_at(world.rt, world.tenant, row.id)
    assert after is not None
    assert after.state is ConnectionState.ATTENTION
