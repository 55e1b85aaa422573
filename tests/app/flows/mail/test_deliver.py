"""Mail goes out once as far as SMTP can promise, and what does not go out says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.actions.mail.due import due_mail
from app.actions.mail.take import LEASE, LOST, MOST_TRIES, sent, take
from app.actions.people.invite import Invite, invite, revoke_invitation
from app.actions.people.resets import ask
from app.domain.people.roles import Role
from app.flows.mail.deliver import NOT_NEEDED, deliver
from app.flows.people.links import Kind, row_of
from app.services.addresses import normalised
from app.services.mail import Unreached, greet
from app.services.vault import generate_key
from tests.fixtures.people import someone
from tests.fixtures.post_office import PostOffice, post_office
from tests.fixtures.world import World, now

__all__ = ["post_office"]


@pytest.fixture
async def office(world: World, post_office: PostOffice) -> World:
    """Give the workspace of an installation that mails to the test's server."""
    settings = world.rt.settings.model_copy(
        update={
            "smtp_url": SecretStr(post_office.url),
            "mail_from": "POSTD <postd@example.org>",
            "vault_keys": SecretStr(generate_key()),
        }
    )
    await world.owner.execute("DELETE FROM mails")
    return replace(world, rt=replace(world.rt, settings=settings))


async def invited(world: World, address: str = "new@example.org") -> tuple[UUID, UUID]:
    """Invite somebody; gives the mail and the invitation."""
    async with world.db.transaction(world.tenant) as session:
        command = Invite(normalised(address), Role.EDITOR, True, now(), "tests")
        row = await invite(session, command)
    mail: UUID = await world.owner.fetchval("SELECT id FROM mails WHERE subject_id = $1", row.id)
    return mail, row.id


async def state(world: World, mail: UUID) -> Any:
    return await world.owner.fetchrow(
        "SELECT sent_at, wake_at, lease_until, attempts, problem FROM mails WHERE id = $1", mail
    )


def text_of(post_office: PostOffice, number: int = 0) -> str:
    body: Any = post_office.taken[number].get_body(("plain",))
    return str(body.get_content())


async def test_an_invitation_is_mailed_with_a_link_that_works(office: World, post_office: PostOffice) -> None:
    mail, invitation = await invited(office, "Zoë@example.org")
    await deliver(office.rt, mail)
    (letter,) = post_office.taken
    assert (letter["from"], letter["to"]) == ("POSTD <postd@example.org>", "Zoë@example.org")
    assert letter["subject"] == "You are invited to Tests (POSTD)"
    assert letter["message-id"] == f"<{mail}@example.org>"
    (link,) = [line for line in text_of(post_office).splitlines() if line.startswith("http")]
    assert row_of(office.rt.settings, Kind.INVITATION, link.rpartition("/")[2], now()) == invitation
    html: Any = letter.get_body(("html",))
    assert f'href="{link}"' in html.get_content()
    found = await state(office, mail)
    assert found["sent_at"] is not None
    assert (found["wake_at"], found["lease_until"], found["problem"]) == (None, None, None)


async def test_a_reset_is_mailed_to_who_asked(office: World, post_office: PostOffice) -> None:
    pat = await someone(office)
    async with office.db.system() as session:
        await ask(session, pat.address, now())
        await ask(session, "nobody@example.org", now())
    ids = [row["id"] for row in await office.owner.fetch("SELECT id FROM mails WHERE wake_at IS NOT NULL")]
    for mail in ids:
        await deliver(office.rt, mail)
    assert [letter["to"] for letter in post_office.taken] == [pat.address]
    assert f"{office.rt.settings.public_url}/reset/" in text_of(post_office)


async def test_ten_wake_ups_send_one_mail(office: World, post_office: PostOffice) -> None:
    mail, _ = await invited(office)
    for _ in range(3):
        await deliver(office.rt, mail)
    assert len(post_office.taken) == 1


async def test_a_mail_that_nobody_needs_any_more_is_not_sent(office: World, post_office: PostOffice) -> None:
    mail, invitation = await invited(office)
    async with office.db.transaction(office.tenant) as session:
        await revoke_invitation(session, invitation, now=now(), actor="tests")
    await deliver(office.rt, mail)
    found = await state(office, mail)
    assert (post_office.taken, found["sent_at"], found["wake_at"], found["problem"]) == ([], None, None, NOT_NEEDED)


async def test_a_server_that_is_busy_is_asked_again_later(office: World, post_office: PostOffice) -> None:
    mail, _ = await invited(office)
    post_office.answers = ["451 try again later"]
    await deliver(office.rt, mail)
    found = await state(office, mail)
    assert (found["sent_at"], found["problem"], found["lease_until"]) == (None, "451 try again later", None)
    assert found["wake_at"] > now()
    await deliver(office.rt, mail)
    assert len(post_office.taken) == 1
    assert (await state(office, mail))["problem"] is None


async def test_an_address_that_is_refused_is_given_up(office: World, post_office: PostOffice) -> None:
    mail, _ = await invited(office)
    post_office.answers = ["550 no such mailbox"]
    await deliver(office.rt, mail)
    found = await state(office, mail)
    assert (found["wake_at"], found["problem"]) == (None, "550 no such mailbox")
    await deliver(office.rt, mail)
    assert post_office.taken == []


async def test_a_worker_that_was_lost_after_sending_sends_the_same_mail_again(
    office: World, post_office: PostOffice
) -> None:
    mail, _ = await invited(office)
    await deliver(office.rt, mail)
    await office.owner.execute(
        "UPDATE mails SET sent_at = NULL, wake_at = now(), lease_until = now() - interval '1 s' WHERE id = $1", mail
    )
    await deliver(office.rt, mail)
    first, second = post_office.taken
    assert first["message-id"] == second["message-id"]
    assert text_of(post_office, 0) == text_of(post_office, 1)


async def test_a_worker_whose_lease_is_over_writes_nothing(office: World) -> None:
    mail, _ = await invited(office)
    async with office.db.system() as session:
        slow = await take(session, mail)
    assert slow is not None
    await office.owner.execute("UPDATE mails SET lease_until = now() - interval '1 s' WHERE id = $1", mail)
    async with office.db.system() as session:
        assert await take(session, mail) is not None
    async with office.db.system() as session:
        await sent(session, slow)
    assert (await state(office, mail))["sent_at"] is None


async def test_a_mail_is_not_tried_for_ever(office: World, post_office: PostOffice) -> None:
    mail, _ = await invited(office)
    await office.owner.execute("UPDATE mails SET attempts = $2 WHERE id = $1", mail, MOST_TRIES - 1)
    post_office.answers = ["451 later"]
    await deliver(office.rt, mail)
    assert (await state(office, mail))["wake_at"] is None
    lost, _ = await invited(office, "other@example.org")
    await office.owner.execute("UPDATE mails SET attempts = $2 WHERE id = $1", lost, MOST_TRIES)
    await deliver(office.rt, lost)
    assert (await state(office, lost))["problem"] == LOST
    assert post_office.taken == []


async def test_what_waits_is_offered_again_until_it_is_sent(office: World, post_office: PostOffice) -> None:
    mail, _ = await invited(office)

    async def offered() -> list[str]:
        async with office.db.system() as session:
            return list(await due_mail(session, limit=10, again=LEASE))

    assert await offered() == [str(mail)]
    assert await offered() == []
    await office.owner.execute("UPDATE mails SET wake_at = now() WHERE id = $1", mail)
    assert await offered() == [str(mail)]
    await deliver(office.rt, mail)
    assert await office.owner.fetchval("SELECT wake_at FROM mails WHERE id = $1", mail) is None


async def test_a_server_is_greeted_or_said_to_be_away(office: World, post_office: PostOffice) -> None:
    assert await greet(office.rt.settings) == f"127.0.0.1:{post_office.port}"
    away = office.rt.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})
    with pytest.raises(Unreached):
        await greet(away)
