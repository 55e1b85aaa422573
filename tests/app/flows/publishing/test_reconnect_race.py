"""A user who reconnects while a worker still holds the old token: the new one is not doubted, and the post goes out."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.publishing.wake import wake
from connectors.contract import Tokens
from connectors.faults import FaultKind
from connectors.secret import Secret
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World

K, S = FaultKind, JobState


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


@pytest.mark.parametrize("refresh", [None, Secret("refresh-old")])
async def test_a_reconnect_beats_the_old_tokens_end(world: World, refresh: Secret | None) -> None:
    account = await world.connection("ada", tokens=Tokens(Secret("old"), refresh))

    async def reconnect(_task: Any, _access: Any) -> None:
        await world.connection("ada", tokens=Tokens(Secret("new")))
        raise refusal(K.AUTH_EXPIRED)

    world.platform.on_publish.append(refusal(K.AUTH_EXPIRED))
    (world.platform.on_check if refresh is None else world.platform.on_refresh).append(reconnect)
    job = await go(world, await world.job(account))
    assert (job.state, job.attempts) == (S.RETRYING, 0)
    assert (await world.connection_row(account.id)).state is ConnectionState.HEALTHY
    assert "connection.attention" not in await world.types(account.id)
    assert (await go(world, job)).state is S.PUBLISHED
    assert world.platform.tokens_seen == ["old", "new"]


async def test_the_token_in_use_that_has_ended_needs_the_user(world: World) -> None:
    account: Connection = await world.connection("eve", tokens=Tokens(Secret("old")))
    world.platform.on_publish.append(refusal(K.AUTH_EXPIRED))
    world.platform.on_check.append(refusal(K.AUTH_EXPIRED))
    assert (await go(world, await world.job(account))).state is S.PARKED
    assert (await world.connection_row(account.id)).state is ConnectionState.ATTENTION


async def test_a_disconnect_meanwhile_parks_the_job(world: World) -> None:
    account = await world.connection("bob", tokens=Tokens(Secret("old")))

    async def disconnect(_task: Any, _access: Any) -> None:
        await world.owner.execute("DELETE FROM sealed_tokens WHERE connection_id = $1", account.id)
        raise refusal(K.AUTH_EXPIRED)

    world.platform.on_publish.append(refusal(K.AUTH_EXPIRED))
    world.platform.on_check.append(disconnect)
    assert (await go(world, await world.job(account))).state is S.PARKED
