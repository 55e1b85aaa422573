"""The members of a workspace and those who are invited."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.people import queries
from app.flows.people import members as flow
from app.services.paging import PageRequest
from resolvers.context import Info
from schema.node import decode, encode
from schema.paging import After, Before, First, Last, Listing, listing
from schema.people import member_results as results
from schema.people.person import Invitation, Member


async def members(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Listing[Member]:
    """The workspace's members, oldest first."""
    rt, tenant = info.context.rt, info.context.tenant

    async def count() -> int:
        async with rt.db.read(tenant) as session:
            return await queries.how_many(session, queries.members(session))

    page = await flow.listed(rt, tenant, PageRequest(first, after, last, before))
    return listing(page, Member.of, count)


async def invitations(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Listing[Invitation]:
    """The invitations that nobody has answered, newest first."""
    rt, tenant, now = info.context.rt, info.context.tenant, info.context.rt.clock.now()

    async def count() -> int:
        async with rt.db.read(tenant) as session:
            return await queries.how_many(session, queries.open_invitations(session, now))

    async with rt.db.read(tenant) as session:
        page = await queries.invitations_page(session, now, PageRequest(first, after, last, before))
    return listing(page, Invitation.of, count)


async def invite_member(
    info: Info,
    input: Annotated[results.InviteMemberInput, strawberry.argument(description="Whom.")],  # noqa: A002 -- the argument's name in the API
) -> results.InviteMemberResult:
    """Invite somebody."""
    made = await flow.invite(info.context.rt, info.context.caller, input.address, input.role)
    link = None if made.link is None else made.link.reveal()
    return results.MemberInvited(invitation=Invitation.of(made.invitation), link=link)


async def revoke_invitation(
    info: Info,
    input: Annotated[results.RevokeInvitationInput, strawberry.argument(description="Which.")],  # noqa: A002 -- the argument's name in the API
) -> results.RevokeInvitationResult:
    """Take an invitation back."""
    which = decode(input.invitation_id, "Invitation", ("input", "invitationId"))
    row = await flow.revoke_invitation(info.context.rt, info.context.caller, which)
    return results.InvitationRevoked(invitation=Invitation.of(row))


async def change_member_role(
    info: Info,
    input: Annotated[results.ChangeMemberRoleInput, strawberry.argument(description="Whose.")],  # noqa: A002 -- the argument's name in the API
) -> results.ChangeMemberRoleResult:
    """Give a member another role."""
    who = decode(input.member_id, "Member", ("input", "memberId"))
    row = await flow.change_role(info.context.rt, info.context.caller, who, input.role)
    return results.MemberRoleChanged(member=Member.of(row))


async def remove_member(
    info: Info,
    input: Annotated[results.RemoveMemberInput, strawberry.argument(description="Whom.")],  # noqa: A002 -- the argument's name in the API
) -> results.RemoveMemberResult:
    """Let a member go."""
    who = decode(input.member_id, "Member", ("input", "memberId"))
    await flow.remove(info.context.rt, info.context.caller, who)
    return results.MemberRemoved(id=encode("Member", who))
