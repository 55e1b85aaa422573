"""Coming in, staying and leaving."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.flows.people import enter, join, passwords, sessions
from connectors.secret import Secret
from resolvers.context import Info
from schema.keys import Tenant
from schema.node import decode
from schema.people import results


async def sign_in(
    info: Info,
    input: Annotated[results.SignInInput, strawberry.argument(description="Who wants in.")],  # noqa: A002 -- the argument's name in the API
) -> results.SignInResult:
    """Open a session."""
    wanted = enter.SignIn(input.address, Secret(input.password), input.workspace)
    return results.SignedIn.of(await enter.sign_in(info.context.rt, info.context.visitor, wanted))


async def sign_up(
    info: Info,
    input: Annotated[results.SignUpInput, strawberry.argument(description="Who they are.")],  # noqa: A002 -- the argument's name in the API
) -> results.SignUpResult:
    """Open a workspace."""
    wanted = enter.SignUp(input.address, Secret(input.password), input.name, input.workspace)
    await enter.sign_up(info.context.rt, info.context.visitor, wanted)
    return results.SignedUp(address=input.address)


async def refresh_session(
    info: Info,
    input: Annotated[results.RefreshSessionInput, strawberry.argument(description="The session.")],  # noqa: A002 -- the argument's name in the API
) -> results.RefreshSessionResult:
    """Give the next tokens."""
    given = Secret(input.refresh_token)
    return results.SignedIn.of(await sessions.renew(info.context.rt, info.context.visitor, given))


async def sign_out(
    info: Info,
    input: Annotated[results.SignOutInput, strawberry.argument(description="Which session.")],  # noqa: A002 -- the argument's name in the API
) -> results.SignOutResult:
    """End a session of the caller."""
    which = None if input.session_id is None else decode(input.session_id, "Session", ("input", "sessionId"))
    await sessions.leave(info.context.rt, info.context.caller, which)
    return results.SignedOut(sessions=1)


async def sign_out_everywhere(
    info: Info,
    input: Annotated[results.SignOutEverywhereInput, strawberry.argument(description="How far.")],  # noqa: A002 -- the argument's name in the API
) -> results.SignOutEverywhereResult:
    """End every session of the caller."""
    ended = await sessions.leave_everywhere(info.context.rt, info.context.caller, but_here=input.keep_this)
    return results.SignedOut(sessions=ended)


async def request_password_reset(
    info: Info,
    input: Annotated[results.RequestPasswordResetInput, strawberry.argument(description="Whose.")],  # noqa: A002 -- the argument's name in the API
) -> results.RequestPasswordResetResult:
    """Let a link be mailed."""
    mails = await passwords.request_reset(info.context.rt, info.context.visitor, input.address)
    return results.PasswordResetRequested(by_mail=mails)


async def reset_password(
    info: Info,
    input: Annotated[results.ResetPasswordInput, strawberry.argument(description="The link, and the password.")],  # noqa: A002 -- the argument's name in the API
) -> results.ResetPasswordResult:
    """Keep a new password for who follows a link."""
    token, password = Secret(input.token), Secret(input.password)
    ended = await passwords.reset(info.context.rt, info.context.visitor, token, password)
    return results.PasswordChanged(sessions=ended)


async def change_password(
    info: Info,
    input: Annotated[results.ChangePasswordInput, strawberry.argument(description="The two passwords.")],  # noqa: A002 -- the argument's name in the API
) -> results.ChangePasswordResult:
    """Keep a new password for the caller."""
    context, current, new = info.context, Secret(input.current_password), Secret(input.new_password)
    ended = await passwords.change(context.rt, context.visitor, context.caller, current, new)
    return results.PasswordChanged(sessions=ended)


async def accept_invitation(
    info: Info,
    input: Annotated[results.AcceptInvitationInput, strawberry.argument(description="The link, and who follows it.")],  # noqa: A002 -- the argument's name in the API
) -> results.AcceptInvitationResult:
    """Become a member."""
    wanted = join.Follow(Secret(input.token), Secret(input.password), input.name)
    return results.SignedIn.of(await join.accept_invitation(info.context.rt, info.context.visitor, wanted))


async def switch_workspace(
    info: Info,
    input: Annotated[results.SwitchWorkspaceInput, strawberry.argument(description="Where to.")],  # noqa: A002 -- the argument's name in the API
) -> results.SwitchWorkspaceResult:
    """Let the session speak for another workspace."""
    tenant = await sessions.switch(info.context.rt, info.context.caller, input.workspace)
    return results.WorkspaceSwitched(tenant=Tenant.of(tenant))
