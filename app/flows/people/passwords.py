"""Passwords that are lost or changed. A new one ends every session of the person, and so a thief's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.people import resets
from app.actions.people.end_sessions import end_all
from app.actions.people.note import note_everywhere
from app.actions.people.register import keep_password
from app.domain.keys.principal import Principal
from app.domain.people.errors import SignInRefused
from app.domain.people.queries import people
from app.flows.people.enter import Caller
from app.flows.people.links import Kind, row_of
from app.flows.people.sessions import close_sockets, person_of
from app.flows.people.throttle import allow_try
from app.flows.runtime import Runtime
from app.services.addresses import normalised
from app.services.passwords import acceptable, compared, hashed
from connectors.secret import Secret


async def request_reset(rt: Runtime, caller: Caller, address: str) -> bool:
    """Mail a link to who has this address; gives whether this installation sends mail at all.

    Raises:
        InvalidInput: the address is none.
        TooManyTries: from this place or for this address.
    """
    whom = normalised(address)
    await allow_try(rt, "reset", place=caller.place, address_key=whom.key)
    if rt.settings.mails:
        async with rt.db.system() as session:
            await resets.ask(session, whom.key, rt.clock.now())
    return rt.settings.mails


async def whose(rt: Runtime, token: Secret) -> str:
    """The address whose password a link is for; the link stays as it is.

    Raises:
        LinkSpent: the link is unknown, used or too old.
    """
    now = rt.clock.now()
    reset_id = row_of(rt.settings, Kind.RESET, token.reveal(), now)
    async with rt.db.system() as session:
        _, person = await resets.asked(session, reset_id, now)
    return person.address


async def reset(rt: Runtime, caller: Caller, token: Secret, password: Secret) -> int:
    """Keep a new password for who follows the link; gives how many sessions have ended.

    Raises:
        LinkSpent: the link is unknown, used or too old.
        InvalidInput: the password cannot be used.
        TooManyTries: from this place.
    """
    now = rt.clock.now()
    await allow_try(rt, "reset", place=caller.place)
    reset_id = row_of(rt.settings, Kind.RESET, token.reveal(), now)
    async with rt.db.system() as session:
        row, person = await resets.asked(session, reset_id, now)
    kept = await hashed(acceptable(password, person.address))
    async with rt.db.system() as session:
        await resets.use(session, row, kept, now)
        ended = await _ended(session, person.id, "person.reset_password", now)
    await close_sockets(rt.bus, ended)
    return len(ended)


async def change(rt: Runtime, visitor: Caller, caller: Principal, current: Secret, new: Secret) -> int:
    """Keep a new password for the caller; gives how many sessions have ended, theirs among them.

    Raises:
        NotAPerson: a program calls.
        SignInRefused: the current password is wrong.
        InvalidInput: the new one cannot be used.
        TooManyTries: from this place or of this person.
    """
    who = person_of(caller)
    async with rt.db.system() as session:
        person = (await people(session, [who]))[who]
    password = acceptable(new, person.address, ("input", "newPassword"))
    await allow_try(rt, "sign_in", place=visitor.place, address_key=person.address_key)
    wrong = SignInRefused("The current password is wrong.", hint="Type it again.")
    if not (await compared(current, person.password_hash)).right:
        raise wrong
    kept, now = await hashed(password), rt.clock.now()
    async with rt.db.system() as session:
        if not await keep_password(session, who, kept, instead_of=person.password_hash):
            raise wrong  # it was changed in this very moment
        ended = await _ended(session, who, "person.change_password", now)
    await close_sockets(rt.bus, ended)
    return len(ended)


async def _ended(session: AsyncSession, person_id: UUID, verb: str, now: datetime) -> Sequence[UUID]:
    """End every session of the person, and note why in each of their workspaces."""
    ended = await end_all(session, person_id, now)
    details = {"sessions": len(ended)}
    await note_everywhere(session, person_id, actor=f"person:{person_id}", verb=verb, details=details)
    return ended
