"""Listening to accounts, over a scripted platform that can be listened to."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.domain.connections.listening import ListeningState
from app.domain.connections.model import Connection
from app.flows.connections import listening
from app.flows.connections.disconnect import disconnect
from app.flows.connections.grants import connect_all
from app.flows.connections.listening import keep_listening
from app.flows.connections.monitor import look_at
from app.kernel.settings import PlatformApp
from connectors.capabilities import ConnectBy, ConnectMethod
from connectors.catalog import Catalog
from connectors.contract import Access, Account, AccountGrant, Context, Grant, Subscribed, Tokens
from connectors.faults import FaultKind
from connectors.listening import Listening
from connectors.secret import Secret
from tests.fixtures.scripted import CAPABILITIES, Scripted, fault, refusal
from tests.fixtures.world import SETTINGS, World

S = ListeningState
DAY = timedelta(days=1)
WAY = ConnectMethod(ConnectBy.OAUTH, listening=Listening("meta", "hear", "https://scripted.example"))
META = PlatformApp(client_id="1", client_secret=SecretStr("s"), verify_token=SecretStr("v"))


@dataclass
class Talking(Scripted):
    """A platform that tells what happens."""

    on_listen: deque[Any] = field(default_factory=deque)
    addresses: list[str] = field(default_factory=list)
    ended: list[list[str]] = field(default_factory=list)
    shared: str = field(default_factory=lambda: f"page:{secrets.token_hex(6)}")
    """The one subscription there is: other tests share the database."""

    async def listen(self, cx: Context, access: Access, address: str) -> Subscribed:
        self.addresses.append(address)
        step = self.on_listen.popleft() if self.on_listen else Subscribed((self.shared,), anew=False)
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Subscribed) else await step()

    async def stop_listening(self, cx: Context, access: Access, to: Collection[str]) -> None:
        self.ended.append(list(to))
        if self.on_listen:
            raise self.on_listen.popleft()


@pytest.fixture
def talking() -> Talking:
    return Talking(replace(CAPABILITIES, connect=(WAY,)))


@pytest.fixture
def world(world: World, talking: Talking) -> World:
    """The workspace, on an installation that has webhooks of this platform set up."""
    settings = SETTINGS.model_copy(update={"apps": {"meta": META}})
    return replace(world, platform=talking, rt=replace(world.rt, settings=settings, catalog=Catalog([talking])))


async def asked(world: World, row: Connection) -> Connection:
    """Ask where that is due, and give the row as it is then."""
    await keep_listening(world.rt, await world.connection_row(row.id))
    return await world.connection_row(row.id)


async def news(world: World, row: Connection) -> list[str]:
    return [name for name in await world.types(row.id) if "listening" in name]


async def test_the_first_look_subscribes_our_address(world: World, talking: Talking) -> None:
    talking.on_listen.append(Subscribed(("page:1",), anew=True))
    after = await asked(world, await world.connection())
    assert talking.addresses == [f"{world.rt.settings.public_url}/webhooks/meta"]
    assert (after.listening, after.listening_to, after.listening_problem) == (S.LISTENING, ["page:1"], None)
    assert after.listening_since is not None
    assert await news(world, after) == ["connection.listening"]


async def test_it_is_made_sure_of_once_a_day_and_told_when_it_had_stopped(world: World, talking: Talking) -> None:
    row = await asked(world, await world.connection())
    await asked(world, row)
    assert len(talking.addresses) == 1
    assert row.listen_at is not None
    assert row.listen_at - world.clock.now() + timedelta(seconds=5) >= DAY / 2
    assert row.listen_at - world.clock.now() <= DAY
    world.clock.ahead = DAY
    await asked(world, row)
    assert (len(talking.addresses), await news(world, row)) == (2, ["connection.listening"])
    world.clock.ahead = 2 * DAY
    talking.on_listen.append(Subscribed((talking.shared,), anew=True))
    after = await asked(world, row)
    assert await news(world, row) == ["connection.listening"] * 2
    assert after.listening_since == row.listening_since


async def test_a_refusal_stands_on_the_connection_is_told_once_and_tried_again(world: World, talking: Talking) -> None:
    row = await world.connection()
    for ahead in (timedelta(), DAY):
        world.clock.ahead = ahead
        talking.on_listen.append(refusal(FaultKind.PERMISSION_MISSING))
        row = await asked(world, row)
        assert (row.listening, row.listening_since) == (S.FAILED, None)
        assert row.listening_problem == {
            "code": "permission_missing",
            "message": "It is permission_missing.",
            "hint": "Do something.",
        }
    assert await news(world, row) == ["connection.not_listening"]
    world.clock.ahead = 2 * DAY
    assert (await asked(world, row)).listening is S.LISTENING
    assert await news(world, row) == ["connection.not_listening", "connection.listening"]


async def test_a_platform_that_is_down_says_nothing_about_a_subscription_that_stood(
    world: World, talking: Talking
) -> None:
    row = await asked(world, await world.connection())
    world.clock.ahead = DAY
    talking.on_listen.append(refusal(FaultKind.PLATFORM_DOWN))
    after = await asked(world, row)
    assert (after.listening, after.listening_to) == (S.LISTENING, [talking.shared])
    assert after.listen_at is not None
    assert after.listen_at < world.clock.now() + timedelta(hours=1)
    assert after.next_check_at <= after.listen_at


async def test_a_doubt_is_kept_beside_what_is_told(world: World, talking: Talking) -> None:
    talking.on_listen.append(Subscribed(("a",), anew=True, doubt=fault(FaultKind.INVALID_CONTENT)))
    after = await asked(world, await world.connection())
    assert after.listening is S.LISTENING
    assert (after.listening_problem or {})["code"] == "invalid_content"


async def test_where_the_operator_has_set_nothing_up_nothing_is_asked(world: World, talking: Talking) -> None:
    silent = META.model_copy(update={"verify_token": None})
    settings = world.rt.settings.model_copy(update={"apps": {"meta": silent}})
    there = replace(world, rt=replace(world.rt, settings=settings))
    after = await asked(there, await there.connection())
    assert (after.listening, talking.addresses, await news(there, after)) == (S.OFF, [], [])
    assert "POSTD_APPS__META__VERIFY_TOKEN" in (after.listening_problem or {})["hint"]


async def test_a_right_that_is_missing_is_named_and_nothing_is_asked(world: World, talking: Talking) -> None:
    after = await asked(world, await world.connection(tokens=Tokens(Secret("t"), scopes=("write",))))
    assert (after.listening, talking.addresses) == (S.FAILED, [])
    assert (after.listening_problem or {})["message"] == "The right hear was not granted."


async def test_the_monitor_asks_and_looks_again_in_time(world: World, talking: Talking) -> None:
    row = await world.connection()
    after = await look_at(world.rt, world.tenant, row.id)
    assert after is not None
    assert (after.listening, len(talking.addresses)) == (S.LISTENING, 1)
    assert after.listen_at is not None
    assert after.next_check_at <= after.listen_at


async def test_a_paused_account_is_not_listened_to_anew(world: World, talking: Talking) -> None:
    row = await world.connection()
    await world.update("connections", row.id, state="paused")
    assert (await asked(world, row)).listening is None
    assert talking.addresses == []


async def test_disconnecting_ends_what_nobody_else_needs(world: World, stranger: World, talking: Talking) -> None:
    theirs = replace(stranger, platform=talking, rt=world.rt)
    first = await asked(world, await world.connection("page"))
    second = await asked(theirs, await theirs.connection("page"))
    await disconnect(world.rt, world.tenant, "tests", first.id)
    assert talking.ended == []
    await disconnect(world.rt, theirs.tenant, "tests", second.id)
    assert talking.ended == [[talking.shared]]
    after = await world.connection_row(first.id)
    assert (after.listening, after.listening_to, after.listen_at) == (None, [], None)


async def test_disconnecting_goes_on_when_the_platform_refuses_to_end_it(world: World, talking: Talking) -> None:
    row = await asked(world, await world.connection())
    talking.on_listen.append(refusal(FaultKind.PLATFORM_DOWN))
    ended = await disconnect(world.rt, world.tenant, "tests", row.id)
    assert (ended.state.value, talking.ended) == ("revoked", [[talking.shared]])


def granted(*names: str) -> Grant:
    made = [Account(f"id:{name}", f"@{name}", name, "https://scripted.example") for name in names]
    return Grant(tuple(AccountGrant(one, Tokens(Secret("t"))) for one in made))


async def connected(world: World, *names: str) -> list[ListeningState | None]:
    made = await connect_all(world.rt, world.tenant, "key:tests", "scripted", granted(*names))
    assert [row.state.value for row in made] == ["healthy"] * len(names)
    return [row.listening for row in made]


async def test_connecting_subscribes_every_account(world: World) -> None:
    assert await connected(world, "a", "b") == [S.LISTENING, S.LISTENING]


async def test_connecting_again_asks_at_once(world: World, talking: Talking) -> None:
    talking.on_listen.append(refusal(FaultKind.PERMISSION_MISSING))
    assert await connected(world, "a") == [S.FAILED]
    assert await connected(world, "a") == [S.LISTENING]


@pytest.mark.parametrize("kind", [FaultKind.PLATFORM_DOWN, FaultKind.PERMISSION_MISSING])
async def test_connecting_does_not_fail_by_a_refusal(world: World, talking: Talking, kind: FaultKind) -> None:
    talking.on_listen.append(refusal(kind))
    assert await connected(world, "a") == [S.FAILED]


async def test_connecting_does_not_fail_by_a_mistake_of_a_connector(world: World, talking: Talking) -> None:
    talking.on_listen.append(RuntimeError("a connector's mistake"))
    assert await connected(world, "a") == [None]


async def test_connecting_does_not_wait_for_a_slow_platform(
    world: World, talking: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "PATIENCE", 0.05)
    talking.on_listen.append(asyncio.Event().wait)
    assert await connected(world, "a") == [None]
    talking.on_listen.clear()  # where even the tokens were read too slowly, it was not asked
    (row,) = await world.owner.fetch("SELECT id FROM connections WHERE tenant_id = $1", world.tenant)
    assert (await look_at(world.rt, world.tenant, row["id"])) is not None
    assert (await world.connection_row(row["id"])).listening is S.LISTENING


async def test_who_else_needs_a_subscription_is_found_by_an_index_over_all_workspaces(world: World) -> None:
    async with world.db.system() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        query = "EXPLAIN SELECT listening_to FROM connections WHERE listening_to && cast(:to AS varchar[])"
        plan = (await session.scalars(text(query), {"to": ["page:1"]})).all()
    assert "ix_connections_listening_to" in "".join(plan)
