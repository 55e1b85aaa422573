"""Come in: sign in with a password, open a workspace as a stranger.

The password is compared outside of any transaction, and for an address that nobody has as well, so that neither the
answer nor its time tells who has an account.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from app.actions.people.open_session import Opened, OpenSession, open_session
from app.actions.people.register import Register, join, keep_password, named, register
from app.actions.tenants.create import create as create_tenant
from app.actions.tenants.create import find as find_tenant
from app.domain.people.errors import SignInRefused, SignUpClosed
from app.domain.people.model import Person
from app.domain.people.queries import by_address, last_workspace, memberships_of
from app.domain.people.roles import Role
from app.flows.people.agents import in_two_words
from app.flows.people.throttle import allow_try
from app.flows.runtime import Runtime
from app.services.addresses import Address, normalised
from app.services.passwords import acceptable, compared, hashed
from connectors.secret import Secret

_WORD: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Caller:
    """Where somebody calls from, before it is known who they are."""

    place: str
    """Their address on the network."""
    agent: str = ""
    """The User-Agent header."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who wants in."""

    address: str
    password: Secret
    workspace: str | None = None
    """The workspace's slug; None: the one that they used last."""
    cookie: bool = False


async def sign_in(rt: Runtime, caller: Caller, wanted: SignIn) -> Opened:
    """Open a session for who knows the password.

    Raises:
        InvalidInput: the address is none.
        TooManyTries: from this place or with this address.
        SignInRefused: the address or the password is wrong, or there is no such workspace of theirs.
    """
    address = normalised(wanted.address)
    await allow_try(rt, "sign_in", place=caller.place, address_key=address.key)
    person = await known(rt, address, wanted.password)
    async with rt.db.system() as session:
        places = [row.tenant_id for row in await memberships_of(session, person.id)]
        if wanted.workspace is not None:
            chosen = await find_tenant(session, wanted.workspace)
            places = [tenant for tenant in places if tenant == chosen]
        last = await last_workspace(session, person.id)
        if not places:
            raise _no_place(wanted.workspace)
        tenant = last if last in places else places[0]
        now, agent = rt.clock.now(), in_two_words(caller.agent)
        return await open_session(session, OpenSession(tenant, now, agent, person_id=person.id, cookie=wanted.cookie))


async def known(rt: Runtime, address: Address, password: Secret) -> Person:
    """The person of this address and password. Their hash is made anew where it is of old parameters.

    Raises:
        SignInRefused: there is none.
    """
    async with rt.db.system() as session:
        person = await by_address(session, address.key)
    checked = await compared(password, None if person is None else person.password_hash)
    if person is None or not checked.right or person.disabled_at is not None:
        raise SignInRefused
    if checked.outdated:
        kept = await hashed(password)
        async with rt.db.system() as session:
            await keep_password(session, person.id, kept, instead_of=person.password_hash)
    return person


def _no_place(workspace: str | None) -> SignInRefused:
    if workspace is None:
        return SignInRefused("You belong to no workspace.", hint="Ask an administrator for an invitation.")
    return SignInRefused(
        "You belong to no workspace of that name.", hint="Leave it out to enter the one that you used last."
    )


@dataclass(frozen=True, slots=True)
class SignUp:
    """A stranger, and the workspace that they want to open."""

    address: str
    password: Secret
    name: str
    workspace: str
    """What it is called."""


async def sign_up(rt: Runtime, caller: Caller, wanted: SignUp) -> None:
    """Open a workspace with the stranger as its administrator; then they sign in.

    Where the address belongs to somebody, nothing is made and nothing is said: they have an account, and know it.

    Raises:
        SignUpClosed: the operator does not want strangers.
        InvalidInput: the address, the password or a name cannot be used.
        TooManyTries: from this place or with this address.
    """
    if not rt.settings.open_to_strangers:
        raise SignUpClosed
    address, name = normalised(wanted.address), named(wanted.name)
    workspace = named(wanted.workspace, ("input", "workspace"))
    password = acceptable(wanted.password, address.written)
    await allow_try(rt, "sign_up", place=caller.place, address_key=address.key)
    kept = await hashed(password)
    now = rt.clock.now()
    async with rt.db.system() as session:
        tenant = await create_tenant(session, _slug(workspace), workspace)
        person = await register(session, Register(address, name, kept, now))
        if person is None:
            await session.rollback()
            return
        await join(session, tenant, person, Role.ADMIN, now)


def _slug(name: str) -> str:
    """A slug of our own making: a stranger who could choose one could find out which are taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "-".join(_WORD.findall(plain))[:40].strip("-")
    return f"{words or 'workspace'}-{secrets.token_hex(4)}"
