"""The door: batches, duplicates, a database that is away, and wake-ups that fail."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from app.actions.webhooks.receive import Kept
from app.flows.webhooks import intake as door
from app.flows.webhooks.intake import Intake, Overloaded
from tests.fixtures.graph import until
from tests.fixtures.world import World


async def rows(world: World, like: str) -> list[bytes]:
    found = await world.owner.fetch("SELECT body FROM webhook_deliveries WHERE delivery_key LIKE $1", f"{like}%")
    return sorted(row["body"] for row in found)


def key() -> str:
    return secrets.token_hex(6)


async def test_many_at_once_are_all_kept_in_few_transactions(world: World) -> None:
    mine, told = key(), list[UUID]()

    async def wake(new: Sequence[UUID]) -> None:
        told.extend(new)

    intake = Intake(world.rt, wake)
    kept = await asyncio.gather(*(intake.accept("meta", f"{mine}{n}", str(n).encode()) for n in range(300)))
    assert await rows(world, mine) == sorted(str(n).encode() for n in range(300))
    query = "SELECT count(DISTINCT xmin::text) FROM webhook_deliveries WHERE delivery_key LIKE $1"
    assert await world.owner.fetchval(query, f"{mine}%") <= 4
    await until(lambda: len(told) == 300)
    assert set(told) == {one.id for one in kept if one.new}


async def test_the_same_delivery_is_kept_once(world: World) -> None:
    mine, intake = key(), Intake(world.rt)
    first = await intake.accept("meta", mine, b"first", with_code=True)
    again = await asyncio.gather(*(intake.accept("meta", mine, b"again", with_code=True) for _ in range(5)))
    assert first.new
    assert again == [Kept(first.id, new=False, confirmation_code=first.confirmation_code)] * 5
    assert await rows(world, mine) == [b"first"]


async def test_twins_in_one_batch_are_kept_once(world: World) -> None:
    mine, intake = key(), Intake(world.rt)
    kept = await asyncio.gather(*(intake.accept("meta", mine, b"x") for _ in range(10)))
    assert [one.new for one in kept].count(True) == 1
    assert len({one.id for one in kept}) == 1


async def test_the_same_key_of_another_receiver_is_another_delivery(world: World) -> None:
    mine, intake = key(), Intake(world.rt)
    kept = [await intake.accept(receiver, mine, b"x") for receiver in ("meta", "linkedin")]
    assert [one.new for one in kept] == [True, True]


async def test_who_hung_up_costs_the_others_nothing(world: World) -> None:
    mine, intake = key(), Intake(world.rt)
    tasks = [asyncio.create_task(intake.accept("meta", f"{mine}{n}", b"x")) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in done] == [Kept, asyncio.CancelledError, Kept]


async def test_a_refused_batch_keeps_nothing_and_the_next_one_works(world: World) -> None:
    mine, intake = key(), Intake(world.rt)
    given = [intake.accept("meta", f"{mine}{n}", b"x" * size) for n, size in ((1, 1), (2, 1024 * 1024 + 1))]
    refused = await asyncio.gather(*given, return_exceptions=True)
    assert [isinstance(one, DBAPIError) for one in refused] == [True, True]
    assert await rows(world, mine) == []
    assert (await intake.accept("meta", f"{mine}1", b"x")).new


async def test_too_many_are_asked_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_WAITING", 2)
    mine, intake = key(), Intake(world.rt)
    given = [intake.accept("meta", f"{mine}{n}", b"x") for n in range(4)]
    done = await asyncio.gather(*given, return_exceptions=True)
    assert [type(one) for one in done] == [Kept, Kept, Overloaded, Overloaded]
    assert len(await rows(world, mine)) == 2


async def test_large_bodies_do_not_share_a_transaction_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "BATCH_BYTES", 10)
    mine, intake = key(), Intake(world.rt)
    await asyncio.gather(*(intake.accept("meta", f"{mine}{n}", b"12345678") for n in range(3)))
    query = "SELECT count(DISTINCT xmin::text) FROM webhook_deliveries WHERE delivery_key LIKE $1"
    assert await world.owner.fetchval(query, f"{mine}%") == 3
