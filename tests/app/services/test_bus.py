from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import uvloop
from redis.asyncio import Redis

from app.kernel import ids, metrics
from app.services.bus import CHANNEL, Bus
from tests.app.services.conftest import Valkey

LONG = 30.0
"""Seconds that a test would wait for something that must come; never reached when all is well."""
TENANT = UUID("01900000-0000-7000-8000-000000000001")
OTHER = UUID("01900000-0000-7000-8000-000000000002")


def resyncs() -> float:
    return metrics.REGISTRY.get_sample_value("postd_bus_resyncs_total") or 0


@contextlib.asynccontextmanager
async def running(url: str) -> AsyncIterator[Bus]:
    """A bus that has subscribed."""
    bus = Bus(url)
    with bus.watch(TENANT) as watch:
        await bus.start()
        assert await watch.changed(LONG)  # RESYNC: it listens
    try:
        yield bus
    finally:
        await bus.stop()


async def test_an_announcement_wakes_the_tenants_watches_in_every_process(valkey_url: str) -> None:
    async with running(valkey_url) as here, running(valkey_url) as there:
        with here.watch(TENANT) as near, there.watch(TENANT) as far, there.watch(TENANT) as second:
            await here.announce(TENANT)
            assert [await watch.changed(LONG) for watch in (near, far, second)] == [True, True, True]


async def test_another_tenants_watch_sleeps_on(valkey_url: str) -> None:
    async with running(valkey_url) as bus:
        with bus.watch(TENANT) as ours, bus.watch(OTHER) as theirs:
            await bus.announce(OTHER)
            assert await theirs.changed(LONG)
            assert not await ours.changed(0)


async def test_many_changes_are_one_waking(valkey_url: str) -> None:
    async with running(valkey_url) as bus:
        with bus.watch(TENANT) as watch, bus.watch(OTHER) as last:
            for _ in range(100):
                await bus.announce(TENANT)
            await bus.announce(OTHER)
            assert await last.changed(LONG)  # the channel keeps its order: all hundred have been heard
            assert await watch.changed(LONG)
            assert not await watch.changed(0)


async def test_a_burst_is_told_at_once_and_then_together(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bus, sent = Bus(valkey_url), list[str]()

    async def send(message: str) -> None:
        sent.append(message)

    monkeypatch.setattr(bus, "_send", send)
    await bus.announce(TENANT)
    assert sent == [f"event:{TENANT}"]
    for _ in range(50):
        await bus.announce(TENANT)
        await bus.announce(OTHER)
    await bus.stop()
    assert sorted(sent[1:]) == [f"event:{TENANT}", f"event:{OTHER}"]


async def test_time_runs_out_where_nothing_happens(valkey_url: str) -> None:
    async with running(valkey_url) as bus:
        with bus.watch(TENANT) as watch:
            assert not await watch.changed(0)


async def test_a_process_that_only_speaks_needs_no_start(valkey_url: str) -> None:
    async with running(valkey_url) as listener:
        speaker = Bus(valkey_url)
        with listener.watch(TENANT) as watch:
            await speaker.announce(TENANT)
            assert await watch.changed(LONG)
        await speaker.stop()


async def test_a_restarted_server_wakes_everyone_and_later_messages_arrive(valkey: Valkey) -> None:
    async with running(valkey.url) as bus:
        before = resyncs()
        with bus.watch(TENANT) as watch, bus.watch(OTHER) as other:
            valkey.kill()
            await bus.announce(TENANT)  # lost, and does not raise
            assert not await watch.changed(0)
            valkey.start()
            assert await watch.changed(LONG)
            assert await other.changed(LONG)
            assert resyncs() == before + 1
            await bus.announce(OTHER)
            assert await other.changed(LONG)
            assert not await watch.changed(0)


async def test_a_connection_closed_by_the_server_is_made_anew(valkey: Valkey) -> None:
    async with running(valkey.url) as bus, Redis.from_url(valkey.url) as admin:
        with bus.watch(TENANT) as watch:
            await admin.client_kill_filter(_type="pubsub")
            assert await watch.changed(LONG)
            await bus.announce(TENANT)
            assert await watch.changed(LONG)


async def test_a_bus_may_start_before_its_server(valkey: Valkey) -> None:
    valkey.kill()
    bus = Bus(valkey.url)
    await bus.start()
    ages = [bus.age]
    with bus.watch(TENANT) as watch:
        await bus.announce(TENANT)
        valkey.start()
        assert await watch.changed(LONG)
    ages.append(bus.age)
    assert [age is None for age in ages] == [True, False]
    await bus.stop()


async def test_a_bus_stops_while_its_server_is_away(valkey: Valkey) -> None:
    async with running(valkey.url):
        valkey.kill()


@pytest.mark.parametrize("steps", range(0, 24, 3))
async def test_a_bus_that_has_just_started_stops(valkey_url: str, steps: int) -> None:
    bus = Bus(valkey_url)
    await bus.start()
    for _ in range(steps):  # wherever it stands while it connects
        await asyncio.sleep(0)
    async with asyncio.timeout(LONG):
        await bus.stop()


def test_a_process_that_is_refused_at_its_start_ends(valkey_url: str) -> None:
    # On the loop that processes run on, after something has kept it from its first connection for a moment.
    async def refused() -> None:
        bus = Bus(valkey_url)
        await bus.start()
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 -- what imports do
        async with asyncio.timeout(LONG):
            await bus.stop()

    uvloop.run(refused())


async def test_a_failed_announcement_is_counted(valkey: Valkey) -> None:
    valkey.kill()
    bus = Bus(valkey.url)
    before = metrics.REGISTRY.get_sample_value("postd_bus_failures_total") or 0
    await bus.announce(TENANT)
    assert metrics.REGISTRY.get_sample_value("postd_bus_failures_total") == before + 1
    await bus.stop()


@pytest.mark.parametrize("trouble", [RuntimeError("read while somebody reads"), AttributeError("no writer any more")])
async def test_whatever_the_client_raises_nobody_waits_for_it(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """A client whose connection is cut while it is used raises more than its own errors."""
    bus, before = Bus(valkey_url), metrics.REGISTRY.get_sample_value("postd_bus_failures_total") or 0

    async def publish(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(bus._broadcast, "publish", publish)
    async with asyncio.timeout(LONG):
        await bus.announce(TENANT)
        await bus.announce(OTHER)
        await bus.stop()
    assert (metrics.REGISTRY.get_sample_value("postd_bus_failures_total") or 0) >= before + 1


async def test_a_cancelled_watch_leaves_nothing_behind(valkey_url: str) -> None:
    async with running(valkey_url) as bus:
        entered = asyncio.Event()

        async def subscriber() -> None:
            with bus.watch(TENANT) as watch:
                entered.set()
                await watch.changed(LONG)

        tasks = [asyncio.create_task(subscriber()) for _ in range(3)]
        await entered.wait()
        assert len(bus._watches[TENANT]) == 3
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert bus._watches == {}


async def test_a_revoked_key_is_told_to_every_process(valkey_url: str) -> None:
    key = ids.new()
    heard: asyncio.Queue[UUID | None] = asyncio.Queue()
    async with running(valkey_url) as here, running(valkey_url) as there:
        here.on_revoked(heard.put_nowait)
        end = there.on_revoked(heard.put_nowait)
        await here.announce_revoked(key)
        assert [await heard.get(), await heard.get()] == [key, key]
        end()
        assert there._callbacks == []


async def test_after_an_outage_all_keys_are_to_be_checked(valkey: Valkey) -> None:
    heard: asyncio.Queue[UUID | None] = asyncio.Queue()
    async with running(valkey.url) as bus:
        bus.on_revoked(heard.put_nowait)
        valkey.kill()
        valkey.start()
        assert await heard.get() is None


async def test_a_failing_callback_deafens_nobody(valkey_url: str) -> None:
    heard: asyncio.Queue[UUID | None] = asyncio.Queue()

    def broken(_key: UUID | None) -> None:
        raise RuntimeError("a bug")

    async with running(valkey_url) as bus:
        bus.on_revoked(broken)
        bus.on_revoked(heard.put_nowait)
        await bus.announce_revoked(TENANT)
        assert await heard.get() == TENANT


@pytest.mark.parametrize("junk", ["", "event:", "event:no-uuid:1", "revoked:", "unknown:1", "event:1:2:3", "\x00"])
async def test_what_is_not_understood_is_left_alone(valkey_url: str, junk: str) -> None:
    async with running(valkey_url) as bus, Redis.from_url(valkey_url) as other:
        with bus.watch(TENANT) as watch, bus.watch(OTHER) as last:
            await other.publish(CHANNEL, junk)
            await bus.announce(OTHER)
            assert await last.changed(LONG)
            assert not await watch.changed(0)
