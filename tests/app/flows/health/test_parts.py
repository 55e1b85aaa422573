"""The parts of the installation: how each is, by numbers, and since when; the moment survives a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from app.flows.health.model import Check, HealthState
from app.flows.health.parts import look
from app.flows.runtime import Runtime
from app.flows.upkeep.presence import present
from app.services import outbox, schema
from app.services.db import Database
from app.services.storage import Store
from tests.fixtures.world import World, now

S = HealthState


async def checks(rt: Runtime) -> dict[str, Check]:
    return {one.name: one for one in (await look(rt)).checks}


async def noted(world: World) -> dict[str, tuple[str, datetime]]:
    rows = await world.owner.fetch("SELECT name, state, since FROM part_states")
    return {row["name"]: (row["state"], row["since"]) for row in rows}


@pytest.fixture
async def clean(world: World) -> World:
    """Give the world with nothing noted, and no process."""
    await world.owner.execute("DELETE FROM part_states; DELETE FROM processes")
    return world


async def test_each_part_is_told_with_its_numbers_and_noted(clean: World) -> None:
    async with present(clean.rt, "worker"), present(clean.rt, "worker"), present(clean.rt, "scheduler"):
        found = await checks(clean.rt)
    states = {name: one.state for name, one in found.items()}
    well = ("database", "migrations", "redis", "storage", "clock", "workers", "schedulers", "publishing")
    assert states == {**dict.fromkeys(well, S.OK), "bus": S.DEGRADED, "api": S.DOWN}
    assert found["workers"].evidence[0].value == 2
    assert found["schedulers"].evidence[0].value == 1
    assert {one.name for one in found["database"].evidence} == {"answered_in", "up_for"}
    assert abs(found["clock"].evidence[1].value) < 2
    assert await noted(clean) == {name: (one.state.value, one.since) for name, one in found.items()}


async def test_the_moment_stays_through_looks_and_restarts_and_moves_with_the_state(clean: World) -> None:
    first = (await checks(clean.rt))["redis"]
    # Another process, with connections of its own, looks at the same rows.
    db = Database(clean.db.app_engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    again = (await checks(replace(clean.rt, db=db)))["redis"]
    await db.close()
    assert first.since is not None
    assert (again.state, again.since) == (S.OK, first.since)

    broken = replace(clean.rt, redis=_Silent())  # type: ignore[arg-type]  # all that is asked of it
    down = (await checks(broken))["redis"]
    assert down.state is S.DOWN
    assert down.since is not None
    assert down.since > first.since
    assert (await checks(broken))["redis"].since == down.since
    back = (await checks(clean.rt))["redis"]
    assert back.since is not None
    assert back.since > down.since


class _Silent:
    async def ping(self) -> None:
        raise ConnectionError


async def test_each_part_that_breaks_is_found_out(clean: World, tmp_path: Any) -> None:
    (tmp_path / "store").mkdir()
    store = Store.open(f"file:{tmp_path / 'store'}")
    (tmp_path / "store").rmdir()
    (tmp_path / "store").write_text("A file where a folder was.")
    broken = (await checks(replace(clean.rt, store=store)))["storage"]
    assert (broken.state, broken.message) == (S.DOWN, "It does not answer (StorageError).")

    clean.clock.ahead = timedelta(seconds=30)
    off = (await checks(clean.rt))["clock"]
    assert (off.state, round(off.evidence[1].value)) == (S.DEGRADED, 30)
    clean.clock.ahead = timedelta()

    await clean.owner.execute("UPDATE alembic_version SET version_num = '0001'")
    try:
        behind = (await checks(clean.rt))["migrations"]
    finally:
        await clean.owner.execute("UPDATE alembic_version SET version_num = $1", schema.head())
    assert (behind.state, "run `postd migrate`" in behind.message) == (S.DEGRADED, True)


async def test_without_a_database_nobody_can_tell_since_when(clean: World) -> None:
    away = Database("postgresql://nobody:x@127.0.0.1:1/none")
    parts = await look(replace(clean.rt, db=away))
    await away.close()
    found = {one.name: one for one in parts.checks}
    assert (parts.database, found["database"].state, found["redis"].state) == (False, S.DOWN, S.OK)
    assert {one.since for one in parts.checks} == {None}


async def test_a_process_that_gave_no_sign_for_long_is_not_counted(clean: World) -> None:
    async with present(clean.rt, "scheduler"):
        await clean.owner.execute("UPDATE processes SET seen_at = $1", now() - timedelta(minutes=1))
        found = (await checks(clean.rt))["schedulers"]
    assert (found.state, found.evidence[0].value) == (S.DOWN, 0)


async def test_mail_that_waits_too_long_is_found_out_where_mail_is_set_up(clean: World) -> None:
    assert "mail" not in await checks(clean.rt)
    changes = {"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_from": "POSTD <p@example.org>"}
    rt = replace(clean.rt, settings=clean.rt.settings.model_copy(update=changes))
    await clean.owner.execute("DELETE FROM mails")
    assert (await checks(rt))["mail"].state is S.OK
    async with clean.db.system() as session:
        await outbox.post(session, outbox.Letter.INVITATION, uuid4(), now())
    soon = (await checks(rt))["mail"]
    assert (soon.state, soon.evidence[1].value) == (S.OK, 1)
    await clean.owner.execute("UPDATE mails SET created_at = created_at - interval '1 hour', problem = 'refused'")
    late = (await checks(rt))["mail"]
    await clean.owner.execute("DELETE FROM mails")
    assert (late.state, late.message) == (S.DEGRADED, "Mail is not sent: refused. `postd doctor` asks its server.")
