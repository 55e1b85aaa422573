"""The members of a workspace: who they are, inviting others, changing roles, letting go."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.actions.people import decide_members
from app.actions.people import invite as invitations
from app.domain.keys.principal import Principal
from app.domain.people.errors import AlreadyMember
from app.domain.people.link_model import Invitation
from app.domain.people.queries import Member, by_address, members_page, membership, memberships_of, people
from app.domain.people.roles import Role, scopes_of
from app.flows.people.links import Kind, link
from app.flows.people.sessions import close_sockets
from app.flows.runtime import Runtime
from app.kernel.errors import InvalidInput
from app.services.addresses import normalised
from app.services.events import act_as
from app.services.paging import Page, PageRequest
from connectors.secret import Secret


@dataclass(frozen=True, slots=True)
class Invited:
    """The invitation; and its link, where no mail carries it."""

    invitation: Invitation
    link: Secret | None


async def listed(rt: Runtime, tenant: UUID, request: PageRequest) -> Page[Member]:
    """One page of a workspace's members, oldest first.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    async with rt.db.read(tenant) as session:
        page = await members_page(session, request)
    async with rt.db.system() as session:
        known = await people(session, [row.person_id for row in page.rows])
    rows = tuple(Member(known[row.person_id], row) for row in page.rows)
    return Page(rows, page.cursors, page.has_next, page.has_previous)


async def invite(rt: Runtime, caller: Principal, address: str, role: Role) -> Invited:
    """Offer an address a place in the caller's workspace.

    Raises:
        InvalidInput: the address is none, or the role may more than the caller.
        AlreadyMember: the address belongs to a member.
    """
    whom = normalised(address)
    _within(caller, role)
    async with rt.db.system() as session:
        known = await by_address(session, whom.key)
        places = () if known is None else await memberships_of(session, known.id)
    if caller.tenant_id in {place.tenant_id for place in places}:
        raise AlreadyMember
    now, mails = rt.clock.now(), rt.settings.mails
    async with rt.db.transaction(caller.tenant_id) as session:
        act_as(session, caller.actor)
        made = await invitations.invite(session, invitations.Invite(whom, role, mails, now, caller.actor))
    return Invited(made, None if mails else link(rt.settings, Kind.INVITATION, made.id, made.expires_at))


async def revoke_invitation(rt: Runtime, caller: Principal, invitation_id: UUID) -> Invitation:
    """Take an invitation back.

    Raises:
        NotFound: there is none that is open.
    """
    async with rt.db.transaction(caller.tenant_id) as session:
        act_as(session, caller.actor)
        now = rt.clock.now()
        return await invitations.revoke_invitation(session, invitation_id, now=now, actor=caller.actor)


async def change_role(rt: Runtime, caller: Principal, person_id: UUID, role: Role) -> Member:
    """Give a member another role; their sockets are closed and come back with it.

    Raises:
        NotFound: no such member.
        InvalidInput: the role may more than the caller.
        LastAdmin: nobody would administer the workspace any more.
    """
    _within(caller, role)
    async with rt.db.transaction(caller.tenant_id) as session:
        act_as(session, caller.actor)
        changed = await decide_members.change_role(session, person_id, role, actor=caller.actor)
        place = await membership(session, person_id)
    await close_sockets(rt.bus, changed)
    async with rt.db.system() as session:
        return Member((await people(session, [person_id]))[person_id], place)


async def remove(rt: Runtime, caller: Principal, person_id: UUID) -> None:
    """Let a member go; their sessions in this workspace end.

    Raises:
        NotFound: no such member.
        LastAdmin: nobody would administer the workspace any more.
    """
    async with rt.db.transaction(caller.tenant_id) as session:
        act_as(session, caller.actor)
        ended = await decide_members.remove(session, person_id, actor=caller.actor)
    await close_sockets(rt.bus, ended)


def _within(caller: Principal, role: Role) -> None:
    if not {scope.value for scope in caller.scopes} >= scopes_of(role, operator=False):
        raise InvalidInput(
            "Nobody can be given a role that may more than you.",
            hint="Choose a lesser role, or ask an administrator who signs in as a person.",
            path=("input", "role"),
        )
