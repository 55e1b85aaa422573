"""Follow an invitation: as somebody new, or as a person who has an account already."""

from __future__ import annotations

from dataclasses import dataclass

from app.actions.people.accept import accept, offered
from app.actions.people.open_session import Opened, OpenSession, open_session
from app.actions.people.register import Register, join, named, register
from app.domain.audit.model import AuditEntry
from app.domain.people.errors import LinkSpent
from app.domain.people.queries import by_address
from app.domain.people.roles import Role
from app.domain.tenants.queries import named as tenants
from app.flows.people.agents import in_two_words
from app.flows.people.enter import Caller, known
from app.flows.people.links import Kind, row_of
from app.flows.people.throttle import allow_try
from app.flows.runtime import Runtime
from app.kernel import ids
from app.services.addresses import Address
from app.services.passwords import acceptable, hashed
from connectors.secret import Secret


@dataclass(frozen=True, slots=True)
class Follow:
    """A link, and who follows it."""

    token: Secret
    password: Secret
    name: str | None = None
    """What they are called; not read where they have an account."""
    cookie: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """What a link offers, for a page."""

    workspace: str
    address: str
    role: Role
    known: bool
    """Whether the address has an account."""


async def offer(rt: Runtime, token: Secret) -> Offered:
    """What a link offers; it stays as it is.

    Raises:
        LinkSpent: the link is unknown, used, withdrawn or too old.
    """
    now = rt.clock.now()
    invitation_id = row_of(rt.settings, Kind.INVITATION, token.reveal(), now)
    async with rt.db.system() as session:
        row = await offered(session, invitation_id, now)
        (tenant,) = await tenants(session, [row.tenant_id])
        known_address = await by_address(session, row.address_key) is not None
    return Offered(tenant.name, row.address, row.role, known_address)


async def accept_invitation(rt: Runtime, caller: Caller, wanted: Follow) -> Opened:
    """Make them a member, and open a session in the workspace.

    The password is that of their account where the address has one: a link that was passed on by hand is no proof
    of who follows it.

    Raises:
        LinkSpent: the link is unknown, used, withdrawn or too old.
        SignInRefused: the address has an account, and this is not its password.
        InvalidInput: the name or the new password cannot be used.
        TooManyTries: from this place or for this address.
    """
    now = rt.clock.now()
    invitation_id = row_of(rt.settings, Kind.INVITATION, wanted.token.reveal(), now)
    async with rt.db.system() as session:
        invitation = await offered(session, invitation_id, now)
        person = await by_address(session, invitation.address_key)
    address = Address(invitation.address, invitation.address_key)
    await allow_try(rt, "join", place=caller.place, address_key=address.key)
    fresh: Register | None = None
    person_id = None if person is None else person.id
    if person is not None:
        await known(rt, address, wanted.password)
    else:
        name = named(wanted.name or "")
        kept = await hashed(acceptable(wanted.password, address.written))
        fresh = Register(address, name, kept, now, verified=invitation.by_mail)
    async with rt.db.system() as session:
        await accept(session, invitation_id, now)
        person_id = await register(session, fresh) if fresh is not None else person_id
        if person_id is None:
            raise LinkSpent  # somebody else has come by this address meanwhile: the next try finds them
        await join(session, invitation.tenant_id, person_id, invitation.role, now)
        session.add(
            AuditEntry(
                id=ids.new(),
                tenant_id=invitation.tenant_id,
                actor=f"person:{person_id}",
                verb="member.join",
                subject_kind="person",
                subject_id=person_id,
                details={"role": invitation.role.value, "invited_by": invitation.invited_by},
            )
        )
        agent = in_two_words(caller.agent)
        command = OpenSession(invitation.tenant_id, now, agent, person_id=person_id, cookie=wanted.cookie)
        return await open_session(session, command)
