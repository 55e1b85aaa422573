"""Coming in, staying and leaving."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.flows.people import enter, sessions
from connectors.secret import Secret
from resolvers.context import Info
from schema import people_results as results


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


async def sign_out(info: Info) -> results.SignOutResult:
    """End the caller's session."""
    await sessions.leave(info.context.rt, info.context.caller)
    return results.SignedOut(sessions=1)


async def sign_out_everywhere(info: Info) -> results.SignOutResult:
    """End every session of the caller."""
    return results.SignedOut(sessions=await sessions.leave_everywhere(info.context.rt, info.context.caller))
