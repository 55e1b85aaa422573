"""Retention, rotation of master keys, the scheduler's scan."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.actions.connections.tokens import load
from app.flows.upkeep.retention import sweep
from app.flows.upkeep.rotate import closed_keys, rotate, usage
from app.flows.webhooks.intake import Intake
from app.kernel import ids
from app.services import events, idempotency
from app.services.gates import FOREVER
from app.services.vault import Keyring, SealBroken, UnknownKey, Vault
from app.services.wakeups import WakeUp, WakeUps
from tests.fixtures.world import World, now
from workers import queues
from workers.scheduler import CAPACITY, CROWDED_PAUSE, MOST_TOGETHER, scan_connections, scan_jobs, scan_webhooks


async def test_what_has_had_its_time_is_deleted_and_nothing_else(world: World) -> None:
    async with world.db.transaction(world.tenant) as session:
        for key in ("old", "new"):
            await idempotency.remember(session, key, {}, uuid4())
            events.record(session, events.Event(f"thing.{key}", "thing", ids.new()))
    past = now() - timedelta(days=8)
    await world.owner.execute("UPDATE events SET at = $1 WHERE tenant_id = $2 AND seq = 1", past, world.tenant)
    await world.owner.execute("UPDATE idempotency_keys SET created_at = $1 WHERE key = 'old'", past)
    await world.owner.execute(
        "INSERT INTO oauth_flows (id, tenant_id, platform, method, state, ticket_hash, created_by, expires_at) "
        "VALUES (gen_random_uuid(), $1, 'x', 'oauth', 'offered', 'a', 'x', $2), "
        "(gen_random_uuid(), $1, 'x', 'oauth', 'offered', 'b', 'x', now())",
        world.tenant,
        past,
    )
    await world.owner.execute(
        "INSERT INTO processes VALUES (gen_random_uuid(), 'api', 'gone', 1, '1', now(), $1), "
        "(gen_random_uuid(), 'api', 'here', 1, '1', now(), now())",
        past,
    )
    await sweep(world.rt)
    assert await world.types() == ["thing.new"]
    assert [row["key"] for row in await world.owner.fetch("SELECT key FROM idempotency_keys")] == ["new"]
    assert [row["ticket_hash"] for row in await world.owner.fetch("SELECT ticket_hash FROM oauth_flows")] == [b"b"]
    assert [row["host"] for row in await world.owner.fetch("SELECT host FROM processes")] == ["here"]


async def test_tokens_move_to_the_newest_master_key_and_still_open(world: World) -> None:
    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    before = replace(world, rt=replace(world.rt, vault=Vault(Keyring.parse(f"old:{old}"))))
    connection = await before.connection("ada")
    after = replace(world, rt=replace(world.rt, vault=Vault(Keyring.parse(f"new:{new},old:{old}"))))
    assert await usage(after.rt) == {"old": 1}
    assert await rotate(after.rt) == 1
    assert await usage(after.rt) == {"new": 1}
    assert await rotate(after.rt) == 0
    alone = Vault(Keyring.parse(f"new:{new}"))
    async with world.db.read(world.tenant) as session:
        tokens = await load(session, alone, connection)
    assert tokens is not None
    assert tokens.access.reveal() == "access-ada"


async def test_a_key_that_is_missing_or_has_other_bytes_is_told_from_one_that_opens(world: World) -> None:
    old, new, other = (base64.b64encode(os.urandom(32)).decode() for _ in range(3))
    mine, theirs = (Vault(Keyring.parse(f"{name}:{key}")) for name, key in (("past", old), ("next", new)))
    for name, vault in (("ada", mine), ("bob", theirs)):
        await replace(world, rt=replace(world.rt, vault=vault)).connection(name)
    whole, short, wrong = (Vault(Keyring.parse(f"next:{new}{more}")) for more in (f",past:{old}", "", f",past:{other}"))
    assert not {"past", "next"} & set(await closed_keys(world.db, whole))
    for vault, reason in ((short, UnknownKey), (wrong, SealBroken)):
        closed = await closed_keys(world.db, vault)
        assert isinstance(closed["past"], reason)
        assert "next" not in closed


async def test_a_damaged_secret_does_not_speak_against_its_key(world: World) -> None:
    whole, damaged = await world.connection("ada"), await world.connection("bob")
    await world.owner.execute(
        "UPDATE sealed_tokens SET blob = (SELECT blob FROM sealed_tokens WHERE connection_id = $1 LIMIT 1) "
        "WHERE connection_id = $2",
        whole.id,
        damaged.id,
    )
    assert world.rt.vault.newest not in await closed_keys(world.db, world.rt.vault)


class Outbox(WakeUps):
    """Keeps what would be sent; `waiting` is the queue's length."""

    def __init__(self, waiting: int = 0) -> None:
        self.sent: list[WakeUp] = []
        self.waiting = waiting

    async def send(self, messages: Sequence[WakeUp]) -> int:
        self.sent.extend(messages)
        return len(messages)

    async def backlog(self, queue: str) -> int:
        return self.waiting


@pytest.fixture
async def outbox(world: World) -> Outbox:
    await world.owner.execute("UPDATE jobs SET wake_at = $1 WHERE wake_at IS NOT NULL", FOREVER)
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = $1", FOREVER)
    await world.owner.execute("UPDATE connections SET next_check_at = $1", FOREVER)
    await world.owner.execute("DELETE FROM webhook_deliveries")
    return Outbox()


async def test_a_scan_sends_one_wake_up_and_sleeps_until_the_next_moment(world: World, outbox: Outbox) -> None:
    job = await world.job()
    assert await scan_jobs(world.rt, outbox) == 0.0
    assert outbox.sent == [WakeUp(queues.JOBS, queues.WAKE_JOB, (str(world.tenant), f"{job.id}:scripted"))]
    assert await scan_jobs(world.rt, outbox) == world.rt.settings.timing.scan
    assert len(outbox.sent) == 1


async def test_workers_that_are_full_are_offered_nothing(world: World, outbox: Outbox) -> None:
    await world.job()
    outbox.waiting = CAPACITY // MOST_TOGETHER
    assert await scan_jobs(world.rt, outbox) == CROWDED_PAUSE
    assert outbox.sent == []


async def test_many_jobs_share_messages_and_few_go_alone(world: World, outbox: Outbox) -> None:
    jobs = [await world.job() for _ in range(11)]
    for job in jobs[3:]:
        await world.set(job.id, wake_at=FOREVER)
    await scan_jobs(world.rt, outbox)
    assert [len(wake.ids) // 2 for wake in outbox.sent] == [1, 1, 1]
    for job in jobs[3:]:
        await world.set(job.id, wake_at=now())
    await world.owner.execute("UPDATE tenant_gates SET next_wake_at = $1 WHERE tenant_id = $2", now(), world.tenant)
    await scan_jobs(world.rt, outbox)
    assert [len(wake.ids) // 2 for wake in outbox.sent[3:]] == [2, 2, 2, 2]
    assert {wake.ids[place] for wake in outbox.sent for place in range(1, len(wake.ids), 2)} == {
        f"{job.id}:scripted" for job in jobs
    }


@pytest.mark.parametrize("whose", ["platform", "tenant"])
async def test_who_has_its_share_is_left_for_later_and_others_are_offered(
    world: World, stranger: World, outbox: Outbox, whose: str
) -> None:
    mine, theirs = await world.job(), await stranger.job()
    await world.update("jobs", theirs.id, platform="another")
    crowded = "platform:scripted" if whose == "platform" else f"tenant:{world.tenant}"
    await world.rt.crowds.tell(crowded, crowded=True)
    await scan_jobs(world.rt, outbox)
    assert [wake.ids[1] for wake in outbox.sent] == [f"{theirs.id}:another"]
    assert await scan_jobs(world.rt, outbox) == CROWDED_PAUSE  # it stays due, and is asked for at a walk
    await world.rt.crowds.tell(crowded, crowded=False)
    await scan_jobs(world.rt, outbox)
    assert [wake.ids[1] for wake in outbox.sent] == [f"{theirs.id}:another", f"{mine.id}:scripted"]


async def test_connections_are_looked_at_when_their_moment_comes(world: World, outbox: Outbox) -> None:
    connection = await world.connection()
    await scan_connections(world.rt, outbox)
    assert outbox.sent == []
    await world.update("connections", connection.id, next_check_at=now())
    await scan_connections(world.rt, outbox)
    await scan_connections(world.rt, outbox)
    assert [one.ids for one in outbox.sent] == [(str(world.tenant), str(connection.id))]


async def test_webhooks_are_kept_as_long_as_they_are_known_as_duplicates(world: World) -> None:
    moments = {"new": timedelta(days=6), "week": timedelta(days=8), "month": timedelta(days=31)}
    for age, ago in moments.items():
        for state in ("received", "done", "orphan", "dead"):
            await world.owner.execute(
                "INSERT INTO webhook_deliveries (id, receiver, callback, delivery_key, body, state, wake_at, "
                "received_at, updated_at) VALUES (gen_random_uuid(), 'meta', '', $1, '', $2, $3, $4, $4)",
                f"{state} {age}",
                state,
                now() if state == "received" else None,
                now() - ago,
            )
        await world.owner.execute(
            "INSERT INTO webhook_shares (id, tenant_id, delivery_id, platform, state, problem, received_at) "
            "VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'facebook', 'applied', $2, $3)",
            world.tenant,
            age,
            now() - ago,
        )
    await sweep(world.rt)
    kept = {row["delivery_key"] for row in await world.owner.fetch("SELECT delivery_key FROM webhook_deliveries")}
    received = {f"received {age}" for age in moments}  # nothing is lost unread, however old
    assert kept == {*received, "done new", "done week", "dead new", "dead week", "orphan new"}
    shares = await world.owner.fetch("SELECT problem FROM webhook_shares WHERE tenant_id = $1", world.tenant)
    assert {row["problem"] for row in shares} == {"new", "week"}


async def test_a_due_webhook_is_offered_and_offered_again_later(world: World, outbox: Outbox) -> None:
    delivery = await Intake(world.rt).accept("meta", "due", b"x")
    await scan_webhooks(world.rt, outbox)
    assert outbox.sent == []  # its own wake-up comes first
    await world.update("webhook_deliveries", delivery.id, wake_at=now())
    assert await scan_webhooks(world.rt, outbox) == world.rt.settings.timing.scan
    assert outbox.sent == [WakeUp(queues.WEBHOOKS, queues.PROCESS_WEBHOOK, (str(delivery.id),))]
    await scan_webhooks(world.rt, outbox)
    assert len(outbox.sent) == 1


async def test_a_full_queue_of_webhooks_is_left_alone(world: World, outbox: Outbox) -> None:
    delivery = await Intake(world.rt).accept("meta", "full", b"x")
    await world.update("webhook_deliveries", delivery.id, wake_at=now())
    outbox.waiting = CAPACITY
    await scan_webhooks(world.rt, outbox)
    assert outbox.sent == []
