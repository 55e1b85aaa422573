"""A database that goes away just when new tokens have come must not cost the user the connection."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.actions.connections.tokens import load
from app.flows.connections import access
from app.flows.connections.access import ready
from connectors.contract import Tokens
from connectors.secret import Secret
from tests.fixtures.database import on_server
from tests.fixtures.servers import Services
from tests.fixtures.world import World, now


async def test_new_tokens_are_stored_when_the_database_is_back(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await world.owner.fetchval("SELECT current_database()")
    dying = Tokens(Secret("old"), Secret("once"), expires_at=now() + timedelta(seconds=30))
    connection = await world.connection(tokens=dying)
    waits: list[float] = []

    async def cut(_task: object, _access: object) -> Tokens:
        await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await world.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'postd-tests%'"
        )
        return Tokens(Secret("new"), Secret("next"), expires_at=now() + timedelta(hours=1))

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    monkeypatch.setattr(access, "asyncio", SimpleNamespace(sleep=wait))
    world.platform.on_refresh.append(cut)
    given = await ready(world.rt, world.rt.connector_context("scripted"), world.tenant, connection.id)
    assert given.tokens.access.reveal() == "new"
    async with world.db.read(world.tenant) as session:
        kept = await load(session, world.rt.vault, connection)
    assert kept is not None
    assert kept.refresh is not None
    assert kept.refresh.reveal() == "next"
    assert len(waits) == 2


async def test_a_database_that_stays_away_is_not_waited_for_without_end(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await world.owner.fetchval("SELECT current_database()")
    dying = Tokens(Secret("old"), Secret("once"), expires_at=now() + timedelta(seconds=30))
    connection = await world.connection(tokens=dying)

    async def cut(_task: object, _access: object) -> Tokens:
        await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await world.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'postd-tests%'"
        )
        return Tokens(Secret("new"), Secret("next"), expires_at=now() + timedelta(hours=1))

    async def wait(_seconds: float) -> None:
        world.clock.slept += 40

    monkeypatch.setattr(access, "asyncio", SimpleNamespace(sleep=wait))
    world.platform.on_refresh.append(cut)
    try:
        with pytest.raises(Exception, match=r"connect|closed"):
            await ready(world.rt, world.rt.connector_context("scripted"), world.tenant, connection.id)
    finally:
        await on_server(services, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
