"""A platform that accepts the account but refuses to publish for it: tried once more, then told, with the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.connections.states import ConnectionState
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.connections.grants import connect_all
from app.flows.connections.monitor import look_at
from app.flows.publishing.wake import wake
from connectors.contract import Account, AccountGrant, Grant, Tokens
from connectors.faults import FaultKind
from connectors.scopes import Scope, ScopeUse
from connectors.secret import Secret
from tests.fixtures.scripted import CAPABILITIES, refusal
from tests.fixtures.world import World, now

K, S = FaultKind, JobState
SCOPES = (
    Scope("notes:write", "Write.", ScopeUse.PUBLISH),
    Scope("files:write", "Upload.", ScopeUse.MEDIA),
    Scope("notes:figures", "Count.", ScopeUse.FIGURES),
)


def grant(*scopes: str, refresh: Secret | None = None) -> Tokens:
    return Tokens(Secret("token"), refresh, expires_at=now() + timedelta(hours=1), scopes=scopes)


async def go(world: World, job: Job, refused: Sequence[FaultKind] = ()) -> Job:
    world.platform.on_publish.extend(refusal(kind) for kind in refused)
    await world.age(job.id)
    await wake(world.rt, world.tenant, job.id, "worker")
    return await world.row(job.id)


@pytest.fixture(autouse=True)
def rights(world: World) -> None:
    """Let the platform declare rights."""
    world.platform.capabilities = replace(CAPABILITIES, scopes=SCOPES)


@pytest.mark.parametrize(
    ("refused", "refresh"),
    [([K.PERMISSION_MISSING], None), ([K.AUTH_EXPIRED] * 2, None), ([K.AUTH_EXPIRED] * 2, Secret("r"))],
    ids=["403", "401", "401 with a fresh token"],
)
async def test_a_publish_that_is_refused_twice_ends_with_the_right_that_is_missing(
    world: World, refused: list[FaultKind], refresh: Secret | None
) -> None:
    account = await world.connection("ada", tokens=grant("notes:write", "files:write", refresh=refresh))
    job = await world.job(account)
    await world.update("connections", account.id, granted_scopes=["files:write"])  # taken away since
    job = await go(world, job, refused)
    assert (job.state, job.attempts) == (S.RETRYING, 0)
    assert job.ready_at > now()
    assert (await world.connection_row(account.id)).state is ConnectionState.HEALTHY
    job = await go(world, job, refused)
    assert (job.state, job.attempts) == (S.PARKED, 0)
    row = await world.connection_row(account.id)
    assert row.state is ConnectionState.ATTENTION
    assert row.reason is not None
    assert row.reason["code"] == "permission_missing"
    assert row.reason["message"].startswith("Scripted accepts the account @ada but refuses to publish for it: ")
    assert row.reason["message"].endswith("The right that is missing: notes:write.")
    assert "reconnectConnection" in row.reason["hint"]


async def test_it_is_told_once_however_often_the_account_is_proved(world: World) -> None:
    account = await world.connection("ada", tokens=grant("notes:write", "files:write"))
    job = await world.job(account)
    for _ in range(2):
        job = await go(world, job, [K.PERMISSION_MISSING])
    published = world.platform.calls.count("publish")
    for days in (1, 2, 3):
        world.clock.ahead = timedelta(days=days)
        await look_at(world.rt, world.tenant, account.id)
    assert (await world.row(job.id)).state is S.PARKED
    assert world.platform.calls.count("publish") == published == 2
    assert await world.types(account.id) == ["connection.connected", "connection.attention"]
    news = (await world.events(account.id))[-1].changes
    assert news["waiting"] == 1
    assert "It needs the rights notes:write, files:write" in news["message"]


async def test_the_refused_account_holds_back_what_else_is_due(world: World) -> None:
    account = await world.connection("ada", tokens=grant())
    first, second = await world.job(account), await world.job(account)
    for _ in range(2):
        first = await go(world, first, [K.PERMISSION_MISSING])
    assert (await world.row(second.id)).state is S.PARKED
    assert (await world.events(account.id))[-1].changes["waiting"] == 2


async def test_one_refusal_that_passes_costs_nothing(world: World) -> None:
    account = await world.connection("ada", tokens=grant())
    job = await go(world, await world.job(account), [K.PERMISSION_MISSING])
    assert (await go(world, job)).state is S.PUBLISHED
    assert await world.types(account.id) == ["connection.connected"]


async def test_a_refusal_by_a_platform_in_trouble_is_passing_trouble(world: World) -> None:
    account = await world.connection("ada", tokens=grant())
    job = await world.job(account)
    for tries in (1, 2):
        world.platform.on_check.append(refusal(K.PLATFORM_DOWN))
        job = await go(world, job, [K.PERMISSION_MISSING])
        assert (job.state, job.attempts, job.fault and job.fault["kind"]) == (S.RETRYING, tries, "platform_down")
    assert (await world.connection_row(account.id)).state is ConnectionState.HEALTHY


async def test_a_reconnect_with_the_right_lets_the_post_out_under_its_key(world: World) -> None:
    account = await world.connection("ada", tokens=grant())
    job = await world.job(account)
    [part] = await world.parts(job.id)
    for _ in range(2):
        job = await go(world, job, [K.PERMISSION_MISSING])
    whole = grant("notes:write", "files:write", "notes:figures")
    again = Grant((AccountGrant(Account("id:ada", "@ada", "ada", "https://scripted.example"), whole),))
    (row,) = await connect_all(world.rt, world.tenant, "key:x", "scripted", again, repair=account.id)
    assert (row.id, row.state, row.reason) == (account.id, ConnectionState.HEALTHY, None)
    assert (await go(world, job)).state is S.PUBLISHED
    assert world.platform.ledger == [(part.attempt_key, 0)]
    assert [(one.type, one.changes.get("released")) for one in await world.events(account.id)][-2:] == [
        ("connection.connected", None),
        ("connection.posts_released", 1),
    ]
