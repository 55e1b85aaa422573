"""Stay signed in, and leave: tokens are refreshed, sessions end, here and everywhere, and so do their sockets."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import structlog

from app.actions.keys.authenticate import authenticate as by_key
from app.actions.people.end_sessions import end_all, end_cookie, end_one
from app.actions.people.note import note_everywhere
from app.actions.people.open_session import Opened, OpenSession, move, open_session
from app.actions.people.refresh import Refreshed, Stolen, refresh
from app.actions.tenants.create import find
from app.domain.keys.principal import Principal
from app.domain.people.errors import NotAPerson, SessionEnded
from app.domain.people.queries import memberships_of
from app.domain.tenants.model import Tenant
from app.domain.tenants.queries import own
from app.flows.people.agents import in_two_words
from app.flows.people.enter import Caller
from app.flows.people.throttle import allow_try
from app.flows.runtime import Runtime
from app.kernel.errors import NotFound
from app.services.bus import Bus
from connectors.secret import Secret

log = structlog.get_logger(__name__)


async def renew(rt: Runtime, caller: Caller, presented: Secret) -> Refreshed:
    """The next tokens of a session.

    Raises:
        TooManyTries: from this place.
        SessionEnded: the token opens nothing; where it was used before, its whole session has ended by this.
    """
    await allow_try(rt, "refresh", place=caller.place)
    async with rt.db.system() as session:
        found = await refresh(session, presented.reveal(), now=rt.clock.now())
    if isinstance(found, Refreshed):
        return found
    if isinstance(found, Stolen):
        log.warning("session.reused", session_id=str(found.session_id), hint="A refresh token was presented twice.")
        await close_sockets(rt.bus, [found.session_id])
    raise SessionEnded


async def open_for_key(rt: Runtime, caller: Caller, presented: Secret) -> Opened:
    """A browser's session that speaks for an API key, so that the page need not keep the key.

    Raises:
        TooManyTries: from this place.
        KeyRefused: the key opens nothing.
    """
    await allow_try(rt, "sign_in", place=caller.place)
    now = rt.clock.now()
    async with rt.db.system() as session:
        holder = await by_key(session, presented.reveal(), now=now)
        command = OpenSession(
            holder.tenant_id, now, in_two_words(caller.agent), key_id=holder.credential_id, cookie=True
        )
        return await open_session(session, command)


async def leave(rt: Runtime, caller: Principal, which: UUID | None = None) -> None:
    """End a session of the caller, by default the one that they call by.

    Raises:
        NotAPerson: an API key is revoked, it does not sign out.
        NotFound: they have no such session.
    """
    person, ended = person_of(caller), which or caller.credential_id
    async with rt.db.system() as session:
        await end_one(session, person, ended, rt.clock.now())
    await close_sockets(rt.bus, [ended])


async def leave_browser(rt: Runtime, cookie: Secret) -> None:
    """End the session of a cookie, if there is one."""
    async with rt.db.system() as session:
        ended = await end_cookie(session, cookie.reveal(), rt.clock.now())
    if ended is not None:
        await close_sockets(rt.bus, [ended])


async def leave_everywhere(rt: Runtime, caller: Principal, *, but_here: bool = False) -> int:
    """End every session of the caller, in every workspace; gives how many were open. It stands in the audit log.

    With `but_here` the one that they call by goes on.

    Raises:
        NotAPerson: as of `leave`.
    """
    person = person_of(caller)
    async with rt.db.system() as session:
        ended = await end_all(session, person, rt.clock.now(), but=caller.credential_id if but_here else None)
        details = {"sessions": len(ended)}
        verb = "person.sign_out_everywhere"
        await note_everywhere(session, person, actor=caller.actor, verb=verb, details=details)
    await close_sockets(rt.bus, ended)
    return len(ended)


async def switch(rt: Runtime, caller: Principal, slug: str) -> Tenant:
    """Let the caller's session speak for another workspace of theirs; its sockets come back there.

    Raises:
        NotAPerson: a program belongs to one workspace.
        NotFound: they are no member of a workspace of this name.
    """
    person = person_of(caller)
    async with rt.db.system() as session:
        tenant = await find(session, slug)
        places = {place.tenant_id for place in await memberships_of(session, person)}
        if tenant is None or tenant not in places:
            raise NotFound("workspace", hint="`viewer { workspaces }` lists yours.", path=("input", "workspace"))
        await move(session, caller.credential_id, tenant)
    await close_sockets(rt.bus, [caller.credential_id])
    async with rt.db.read(tenant) as session:
        return await own(session)


async def close_sockets(bus: Bus, sessions: Iterable[UUID]) -> None:
    """Tell every process that these sessions have ended, or may do something else from now on."""
    for one in sessions:
        await bus.announce_revoked(one)


def person_of(caller: Principal) -> UUID:
    """The person who calls.

    Raises:
        NotAPerson: nobody: a program calls.
    """
    if caller.person_id is None:
        raise NotAPerson
    return caller.person_id
