"""The first administrator with a password from the command line's input."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from app.flows.people.enter import Caller, SignIn, sign_in
from app.flows.people.first_admin import FirstAdmin, create_admin
from app.kernel.errors import InvalidInput
from app.services.vault import generate_key
from connectors.secret import Secret
from tests.fixtures.people import PASSWORD, new_place, someone
from tests.fixtures.world import World, now


async def slug_of(world: World) -> str:
    slug: str = await world.owner.fetchval("SELECT slug FROM tenants WHERE id = $1", world.tenant)
    return slug


async def test_a_password_that_was_given_lets_them_in(world: World) -> None:
    address = f"a{new_place()}@example.org"
    wanted = FirstAdmin(address, await slug_of(world), "Ann", Secret(PASSWORD))
    assert await create_admin(world.db, world.rt.settings, wanted, now()) is None
    opened = await sign_in(world.rt, Caller(new_place()), SignIn(address, Secret(PASSWORD)))
    assert opened.session.tenant_id == world.tenant


async def test_who_has_an_account_keeps_its_password(world: World) -> None:
    pat = await someone(world, None)
    wanted = FirstAdmin(pat.address, await slug_of(world), "Pat", Secret("another one, longer"))
    assert await create_admin(world.db, world.rt.settings, wanted, now()) is None
    await sign_in(world.rt, Caller(new_place()), SignIn(pat.address, Secret(pat.password)))


async def test_a_password_that_is_too_short_makes_nothing(world: World) -> None:
    settings = world.rt.settings.model_copy(update={"vault_keys": SecretStr(generate_key())})
    wanted = FirstAdmin("short@example.org", "no-such-tenant", "", Secret("short"))
    with pytest.raises(InvalidInput):
        await create_admin(world.db, settings, wanted, now())
    assert await world.owner.fetchval("SELECT count(*) FROM tenants WHERE slug = 'no-such-tenant'") == 0
    assert await world.owner.fetchval("SELECT count(*) FROM people WHERE address = 'short@example.org'") == 0
