"""The pages behind the links that people are sent."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx2

from app.actions.people.invite import Invite, invite
from app.actions.people.resets import make
from app.domain.people.roles import Role
from app.flows.people.links import Kind, link
from app.services.addresses import normalised
from tests.fixtures.people import PASSWORD, Door, Someone, someone
from tests.fixtures.world import now

OWN = {"sec-fetch-site": "same-origin"}
NEW = "a new and better one"


async def invitation(door: Door, address: str) -> str:
    """The path of an invitation's page."""
    async with door.world.db.transaction(door.world.tenant) as session:
        command = Invite(normalised(address), Role.EDITOR, False, now(), "tests")
        row = await invite(session, command)
    return (
        link(door.world.rt.settings, Kind.INVITATION, row.id, row.expires_at)
        .reveal()
        .removeprefix(door.world.rt.settings.public_url)
    )


async def reset(door: Door, person: UUID) -> str:
    """The path of a reset's page."""
    async with door.world.db.system() as session:
        row = await make(session, person, now())
    return (
        link(door.world.rt.settings, Kind.RESET, row.id, row.expires_at)
        .reveal()
        .removeprefix(door.world.rt.settings.public_url)
    )


async def send(door: Door, path: str, **form: str) -> httpx2.Response:
    return await door.http.post(path, data=form, headers=OWN)


async def test_somebody_new_joins_on_the_page_and_is_signed_in(door: Door) -> None:
    path = await invitation(door, f"new{door.place}@example.org")
    for _ in range(2):  # looking uses nothing up
        page = await door.http.get(path)
        assert page.status_code == 200
    assert "Join Tests" in page.text
    assert 'autocomplete="new-password"' in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    answer = await send(door, path, name="New One", password=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    found = (await door.post("{ viewer { role person { name } } }", OWN)).json()["data"]["viewer"]
    assert found == {"role": "EDITOR", "person": {"name": "New One"}}
    spent = await door.http.get(path)
    assert (spent.status_code, "not valid any more" in spent.text) == (410, True)


async def test_who_has_an_account_is_asked_for_its_password(door: Door) -> None:
    known = await someone(door.world, None)
    path = await invitation(door, known.address)
    assert 'autocomplete="current-password"' in (await door.http.get(path)).text
    refused = await send(door, path, password=NEW)
    assert (refused.status_code, "The address or the password is wrong." in refused.text) == (401, True)
    assert "set-cookie" not in refused.headers
    assert (await send(door, path, password=PASSWORD)).status_code == 303


async def test_what_was_typed_wrong_is_said_above_the_form(door: Door) -> None:
    path = await invitation(door, f"new{door.place}@example.org")
    answer = await send(door, path, name="<b>", password="short")
    assert answer.status_code == 422
    assert "A password has 12 to 256 characters." in answer.text
    assert 'value="&lt;b&gt;"' in answer.text
    assert await door.world.owner.fetchval("SELECT count(*) FROM people WHERE name = '<b>'") == 0


async def test_a_form_of_another_site_joins_nobody(door: Door) -> None:
    path = await invitation(door, f"new{door.place}@example.org")
    form = {"name": "x", "password": NEW}
    answer = await door.http.post(path, data=form, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert (await door.http.get(path)).status_code == 200


async def test_a_new_password_is_chosen_on_the_page(door: Door) -> None:
    pat = await someone(door.world)
    path = await reset(door, pat.id)
    assert f'value="{pat.address}"' in (await door.http.get(path)).text
    assert "12 to 256" in (await send(door, path, password="short")).text
    done = await send(door, path, password=NEW)
    assert (done.status_code, "Your password is changed" in done.text) == (200, True)
    assert (await send(door, path, password=NEW)).status_code == 410
    await door.sign_in(Someone(pat.id, pat.address, NEW))


async def test_a_link_that_we_did_not_make_leads_nowhere(door: Door) -> None:
    pat = await someone(door.world)
    path = await reset(door, pat.id)
    for wrong in (path.replace("/reset/", "/join/"), path[:-2], f"{path.rpartition('.')[0]}.x", "/reset/x"):
        assert (await door.http.get(wrong)).status_code == 410
    door.world.clock.ahead = timedelta(hours=1)
    assert (await door.http.get(path)).status_code == 410
