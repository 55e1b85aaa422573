"""What clients send about members and invitations, and what mutations about them answer."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import strawberry

from app.domain.people.roles import Role
from schema.errors import InvalidInput, NotFound
from schema.people.errors import AlreadyMember, LastAdmin
from schema.people.person import Invitation, Member


@strawberry.input(description="Somebody to be invited.")
class InviteMemberInput:
    """An address and a role."""

    address: str = strawberry.field(description="Their mail address.")
    role: Role = strawberry.field(description="What they will be allowed to do: no more than you.")


@strawberry.input(description="An invitation to be taken back.")
class RevokeInvitationInput:
    """An invitation."""

    invitation_id: strawberry.ID = strawberry.field(description="The invitation.")


@strawberry.input(description="Another role for a member.")
class ChangeMemberRoleInput:
    """A member and a role."""

    member_id: strawberry.ID = strawberry.field(description="The member.")
    role: Role = strawberry.field(description="What they may do from now on: no more than you.")


@strawberry.input(description="A member to be let go.")
class RemoveMemberInput:
    """A member."""

    member_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="The invitation is made. It takes the place of an older one for the same address.")
class MemberInvited:
    """Invited."""

    invitation: Invitation = strawberry.field(description="The invitation.")
    link: str | None = strawberry.field(
        description="The link, to be passed on by hand: this installation sends no mail. Null where it was mailed; "
        "then nobody but the address's reader has it."
    )


@strawberry.type(description="The invitation's link opens nothing any more.")
class InvitationRevoked:
    """Taken back."""

    invitation: Invitation = strawberry.field(description="The invitation as it was.")


@strawberry.type(description="The role holds at once; the member's sockets are closed and come back with it.")
class MemberRoleChanged:
    """Changed."""

    member: Member = strawberry.field(description="The member as it is now.")


@strawberry.type(description="The member is gone, and their sessions in this workspace have ended.")
class MemberRemoved:
    """Gone."""

    id: strawberry.ID = strawberry.field(description="The id that the member had.")


InviteMemberResult: TypeAlias = Annotated[
    MemberInvited | AlreadyMember | InvalidInput,
    strawberry.union("InviteMemberResult", description="The invitation, or why nobody was invited."),
]
RevokeInvitationResult: TypeAlias = Annotated[
    InvitationRevoked | NotFound,
    strawberry.union("RevokeInvitationResult", description="The invitation, or why it was not taken back."),
]
ChangeMemberRoleResult: TypeAlias = Annotated[
    MemberRoleChanged | LastAdmin | NotFound | InvalidInput,
    strawberry.union("ChangeMemberRoleResult", description="The member, or why the role stays."),
]
RemoveMemberResult: TypeAlias = Annotated[
    MemberRemoved | LastAdmin | NotFound,
    strawberry.union("RemoveMemberResult", description="Who is gone, or why they stay."),
]
