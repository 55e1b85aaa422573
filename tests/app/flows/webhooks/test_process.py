"""Deliveries on their way: whom they concern, what fails and is tried again, what is dead, and replays."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.actions.connections.switch import revoke
from app.actions.webhooks import replay as verb
from app.actions.webhooks.settle import Settlement, settle
from app.actions.webhooks.take import LOST, take
from app.domain.webhooks.errors import WebhookNotReplayable
from app.domain.webhooks.model import WebhookDelivery, WebhookShare
from app.domain.webhooks.states import DeliveryEvent, DeliveryState, ShareState
from app.flows.webhooks import effects
from app.flows.webhooks import process as processing
from app.flows.webhooks.process import process
from app.flows.webhooks.replay import replay_share
from app.kernel import ids
from app.kernel.errors import NotFound
from app.services import gates
from tests.fixtures.deliveries import Incoming, comment, person
from tests.fixtures.world import LEASE, World, now

S = DeliveryState


async def shares(world: World) -> list[tuple[UUID, str, ShareState]]:
    async with world.db.read(world.tenant) as session:
        rows = await session.scalars(select(WebhookShare).where(WebhookShare.tenant_id == world.tenant))
        return [(row.delivery_id, row.platform, row.state) for row in rows]


def comments(events: list[str]) -> int:
    return events.count("comment.added")


async def test_what_concerns_nobody_is_an_orphan_until_it_is_replayed(world: World, incoming: Incoming) -> None:
    delivery = await incoming.take(comment("o1"))
    assert await process(world.rt, delivery) is S.ORPHAN
    assert await process(world.rt, delivery) is None
    await incoming.page(external_id="o1")
    async with world.db.system() as session:
        await verb.replay(session, delivery)
    assert await process(world.rt, delivery) is S.DONE
    assert comments(await world.types()) == 1


async def test_an_account_that_has_ended_hears_nothing_more(world: World, incoming: Incoming) -> None:
    page = await incoming.page(external_id="o2")
    async with world.db.transaction(world.tenant) as session:
        await revoke(session, page.id, message="Ended.")
    assert await incoming.process(comment("o2")) is S.ORPHAN


async def test_the_same_id_on_another_platform_is_another_account(world: World, incoming: Incoming) -> None:
    await incoming.move(await world.connection(external_id="o3"), platform="instagram")
    assert await incoming.process(comment("o3")) is S.ORPHAN


async def test_a_receiver_speaks_for_its_own_platforms_only(world: World, incoming: Incoming) -> None:
    await incoming.page(external_id="o4", owner_id="o4")
    deauthorized = await incoming.process(person("o4"), receiver="instagram", callback="deauthorize")
    assert deauthorized is S.ORPHAN


async def test_two_workspaces_each_get_what_is_theirs(world: World, stranger: World, incoming: Incoming) -> None:
    mine, theirs = await incoming.page(external_id="two"), await incoming.page(stranger, external_id="two")
    other = await incoming.page(stranger, external_id="three")
    both = {"object": "page", "entry": [*json.loads(comment("two"))["entry"], *json.loads(comment("three"))["entry"]]}
    delivery = await incoming.take(json.dumps(both).encode())
    assert await process(world.rt, delivery) is S.DONE
    assert [row.changes["connectionId"] for row in await world.events() if row.type == "comment.added"] == [
        str(mine.id)
    ]
    assert [row.changes["connectionId"] for row in await stranger.events() if row.type == "comment.added"] == [
        str(theirs.id),
        str(other.id),
    ]
    assert await shares(world) == [(delivery, "facebook", ShareState.APPLIED)]
    assert await shares(stranger) == [(delivery, "facebook", ShareState.APPLIED)]


async def test_what_comes_late_is_told_with_its_own_time(world: World, incoming: Incoming) -> None:
    await incoming.page(external_id="late")
    await incoming.process(comment("late", verb="edited", message="second"))
    await incoming.process(comment("late", message="first", created_time=1_600_000_000))
    told = [(row.type, row.changes["text"]) for row in await world.events() if row.subject_kind == "notice"]
    assert told == [("comment.changed", "second"), ("comment.added", "first")]


@pytest.mark.parametrize("body", [b"", b"not json", b'{"object":"page"}', comment("x")[:-3]])
async def test_what_cannot_be_read_is_dead_at_once_and_kept(world: World, incoming: Incoming, body: bytes) -> None:
    delivery = await incoming.take(body)
    assert await process(world.rt, delivery) is S.DEAD
    row = await incoming.row(delivery)
    assert (row.body, row.wake_at, row.attempts) == (body, None, 1)
    assert row.problem


@pytest.mark.parametrize(("receiver", "callback"), [("gone", ""), ("linkedin", "deauthorize")])
async def test_what_this_release_does_not_know_is_dead(
    world: World, incoming: Incoming, receiver: str, callback: str
) -> None:
    assert await incoming.process(comment("x"), receiver=receiver, callback=callback) is S.DEAD


async def failing(*_: Any) -> str:
    raise KeyError("bug")


async def test_a_workspace_that_fails_holds_up_no_other(
    world: World, stranger: World, incoming: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await incoming.page(external_id="f1"), await incoming.page(stranger, external_id="f1")
    delivery, real = await incoming.take(comment("f1")), effects.effect

    async def half(session: Any, notice: Any, connection_id: UUID, *rest: Any) -> str:
        return await (failing if connection_id == bad.id else real)(session, notice, connection_id, *rest)

    monkeypatch.setattr(processing, "effect", half)
    assert await process(world.rt, delivery) is S.RETRY
    assert (comments(await world.types()), comments(await stranger.types())) == (0, 1)
    assert await shares(world) == [(delivery, "facebook", ShareState.WAITING)]
    assert await shares(stranger) == [(delivery, "facebook", ShareState.APPLIED)]
    row = await incoming.row(delivery)
    assert row.wake_at is not None
    assert row.wake_at > now()
    monkeypatch.undo()
    assert await process(world.rt, delivery) is S.DONE
    assert (comments(await world.types()), comments(await stranger.types())) == (1, 1)
    assert await shares(world) == [(delivery, "facebook", ShareState.APPLIED)]
    assert good.state == "healthy"


async def test_a_database_that_is_busy_uses_up_no_try(
    world: World, incoming: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    await incoming.page(external_id="b1")
    delivery = await incoming.take(comment("b1"))

    async def busy(*_: Any) -> str:
        raise PoolTimeout

    with monkeypatch.context() as patch:
        patch.setattr(processing, "effect", busy)
        assert [await process(world.rt, delivery) for _ in range(5)] == [S.RETRY] * 5
    assert (await incoming.row(delivery)).attempts == 0
    assert await process(world.rt, delivery) is S.DONE


async def dead(world: World, incoming: Incoming, monkeypatch: pytest.MonkeyPatch, account: str) -> UUID:
    delivery = await incoming.take(comment(account))
    with monkeypatch.context() as patch:
        patch.setattr(processing, "effect", failing)
        tries = [await process(world.rt, delivery) for _ in range(world.rt.settings.timing.max_attempts)]
    assert tries == [S.RETRY, S.RETRY, S.DEAD]
    return delivery


async def test_what_fails_too_often_is_dead_and_a_workspace_replays_it(
    world: World, stranger: World, incoming: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    await incoming.page(external_id="d1")
    delivery = await dead(world, incoming, monkeypatch, "d1")
    assert await shares(world) == [(delivery, "facebook", ShareState.DEAD)]
    assert await process(world.rt, delivery) is None
    share = await world.owner.fetchval("SELECT id FROM webhook_shares WHERE delivery_id = $1", delivery)
    with pytest.raises(NotFound):
        await replay_share(world.rt, stranger.tenant, "key:1", share)
    assert (await incoming.row(delivery)).state is S.DEAD
    assert (await replay_share(world.rt, world.tenant, "key:1", share)).state is ShareState.WAITING
    verbs = await world.owner.fetch("SELECT actor, verb FROM audit_log WHERE tenant_id = $1", world.tenant)
    assert [tuple(row) for row in verbs] == [("key:1", "webhook.replay")]
    assert await process(world.rt, delivery) is S.DONE
    assert comments(await world.types()) == 1
    with pytest.raises(WebhookNotReplayable):
        await replay_share(world.rt, world.tenant, "key:1", share)


async def test_a_replay_of_what_is_not_kept_any_more_changes_nothing(
    world: World, incoming: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    await incoming.page(external_id="d2")
    delivery = await dead(world, incoming, monkeypatch, "d2")
    share = await world.owner.fetchval("SELECT id FROM webhook_shares WHERE delivery_id = $1", delivery)
    await world.owner.execute("DELETE FROM webhook_deliveries WHERE id = $1", delivery)
    with pytest.raises(NotFound, match="does not exist"):
        await replay_share(world.rt, world.tenant, "key:1", share)
    assert await shares(world) == [(delivery, "facebook", ShareState.DEAD)]
    assert await world.owner.fetchval("SELECT count(*) FROM audit_log WHERE tenant_id = $1", world.tenant) == 0


async def test_done_and_unknown_deliveries_are_not_replayed(world: World, incoming: Incoming) -> None:
    await incoming.page(external_id="d3")
    delivery = await incoming.take(comment("d3"))
    assert await process(world.rt, delivery) is S.DONE
    async with world.db.system() as session:
        with pytest.raises(WebhookNotReplayable):
            await verb.replay(session, delivery)
        with pytest.raises(NotFound):
            await verb.replay(session, ids.new())
    assert (await incoming.row(delivery)).state is S.DONE


async def taken(world: World, delivery: UUID, *, attempts: int = 3) -> WebhookDelivery | None:
    async with world.db.system() as session:
        return await take(session, delivery, lease=LEASE, max_attempts=attempts)


async def expire(world: World, delivery: UUID) -> None:
    await world.update("webhook_deliveries", delivery, lease_until=now() - timedelta(seconds=1))


async def test_one_worker_at_a_time_has_a_delivery(world: World, incoming: Incoming) -> None:
    delivery = await incoming.take(comment("t1"))
    got = await asyncio.gather(*(taken(world, delivery) for _ in range(5)))
    assert [one.fence for one in got if one is not None] == [1]


async def test_a_worker_that_lost_its_lease_settles_nothing(world: World, incoming: Incoming) -> None:
    delivery = await incoming.take(comment("t2"))
    first = await taken(world, delivery)
    await expire(world, delivery)
    second = await taken(world, delivery)
    assert first is not None
    assert second is not None
    assert (second.fence, second.attempts) == (2, 2)
    async with world.db.system() as session:
        assert await settle(session, Settlement(delivery, first.fence, DeliveryEvent.FINISH)) is None
    assert (await incoming.row(delivery)).state is S.PROCESSING
    async with world.db.system() as session:
        assert await settle(session, Settlement(delivery, second.fence, DeliveryEvent.FINISH)) is not None
    assert (await incoming.row(delivery)).state is S.DONE


async def test_a_delivery_that_loses_its_workers_is_buried(world: World, incoming: Incoming) -> None:
    await incoming.page(external_id="t3")
    delivery = await incoming.take(comment("t3"))
    for _ in range(3):
        assert await taken(world, delivery) is not None
        await expire(world, delivery)
    assert await taken(world, delivery) is None
    row = await incoming.row(delivery)
    assert (row.state, row.problem, row.wake_at, row.lease_until) == (S.DEAD, LOST, None, None)


async def test_two_workers_at_once_have_the_effects_once(world: World, incoming: Incoming) -> None:
    await incoming.page(external_id="t4")
    bodies = [comment("t4", number) for number in range(1, 6)]
    merged = {"object": "page", "entry": [entry for body in bodies for entry in json.loads(body)["entry"]]}
    turned = {"object": "page", "entry": list(reversed(merged["entry"]))}
    first, second = [await incoming.take(json.dumps(body).encode()) for body in (merged, turned)]
    states = await asyncio.gather(process(world.rt, first), process(world.rt, second))
    # Two that lock the same notices in another order may meet; then one of them is tried again.
    assert set(states) <= {S.DONE, S.RETRY}
    for delivery, state in zip((first, second), states, strict=True):
        if state is S.RETRY:
            assert await process(world.rt, delivery) is S.DONE
    assert comments(await world.types()) == 5


async def test_waking_a_job_keeps_the_gates_promise(world: World, incoming: Incoming) -> None:
    # A delivery about nothing that waits leaves the gate where it was.
    await incoming.page(external_id="g1")
    await incoming.process(comment("g1"))
    gate = await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)
    assert gate == gates.FOREVER
