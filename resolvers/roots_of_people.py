"""The operations about people, with the scope that each needs: how to come in, and who is a member."""

from __future__ import annotations

import strawberry

from app.domain.keys.model import Scope
from resolvers.members import (
    change_member_role,
    invitations,
    invite_member,
    members,
    remove_member,
    revoke_invitation,
)
from resolvers.people import (
    accept_invitation,
    change_password,
    refresh_session,
    request_password_reset,
    reset_password,
    sign_in,
    sign_out,
    sign_out_everywhere,
    sign_up,
    switch_workspace,
)
from resolvers.root import open_to_all, root
from schema.paging import Listing
from schema.people import member_results
from schema.people import results as people_results
from schema.people.person import Invitation, Member

READ, ADMIN = Scope.READ, Scope.ADMIN


@strawberry.type(description="What can be read about people.")
class PeopleQuery:
    """Queries."""

    members: Listing[Member] = root(members, READ, "The workspace's members, oldest first.")
    invitations: Listing[Invitation] = root(
        invitations, ADMIN, "The invitations that nobody has answered, newest first."
    )


@strawberry.type(description="What people can do about themselves and each other.")
class PeopleMutation:
    """Mutations."""

    sign_in: people_results.SignInResult = open_to_all(sign_in, "Sign in with address and password.")
    sign_up: people_results.SignUpResult = open_to_all(
        sign_up, "Open a workspace as a stranger, where the operator allows it; then sign in."
    )
    refresh_session: people_results.RefreshSessionResult = open_to_all(
        refresh_session, "Get the next access token for a refresh token, which works once."
    )
    sign_out: people_results.SignOutResult = root(
        sign_out, READ, "End a session of the caller and close its sockets, by default the one of this call."
    )
    sign_out_everywhere: people_results.SignOutEverywhereResult = root(
        sign_out_everywhere, READ, "End every session of the caller, in every workspace."
    )
    request_password_reset: people_results.RequestPasswordResetResult = open_to_all(
        request_password_reset, "Let a link for a new password be mailed to an address, if somebody has it."
    )
    reset_password: people_results.ResetPasswordResult = open_to_all(
        reset_password, "Choose a new password by a link; every session of the person ends."
    )
    accept_invitation: people_results.AcceptInvitationResult = open_to_all(
        accept_invitation, "Become a member by a link, and sign in."
    )
    change_password: people_results.ChangePasswordResult = root(
        change_password, READ, "Change the caller's password; every session of theirs ends, this one too."
    )
    switch_workspace: people_results.SwitchWorkspaceResult = root(
        switch_workspace, READ, "Let the caller's session speak for another workspace of theirs."
    )
    invite_member: member_results.InviteMemberResult = root(
        invite_member, ADMIN, "Invite somebody by mail, or by a link to be passed on."
    )
    revoke_invitation: member_results.RevokeInvitationResult = root(
        revoke_invitation, ADMIN, "Take an invitation back."
    )
    change_member_role: member_results.ChangeMemberRoleResult = root(
        change_member_role, ADMIN, "Change what a member may do."
    )
    remove_member: member_results.RemoveMemberResult = root(remove_member, ADMIN, "Let a member go.")
