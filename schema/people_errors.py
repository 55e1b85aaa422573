"""Refusals about people as data."""

from __future__ import annotations

import strawberry

from schema.errors import UserError


@strawberry.type(description="Nobody was let in. The same for an unknown address and a wrong password.")
class SignInRefused(UserError):
    """Refused."""


@strawberry.type(description="The refresh token opens nothing: sign in again.")
class SessionEnded(UserError):
    """Ended."""


@strawberry.type(description="Somebody tries too often; nothing was looked at. `hint` says how long to wait.")
class TooManyTries(UserError):
    """Too often."""


@strawberry.type(description="Strangers may not open workspaces in this installation.")
class SignUpClosed(UserError):
    """Closed."""


@strawberry.type(description="The link is unknown, used, withdrawn or too old.")
class LinkSpent(UserError):
    """Spent."""


@strawberry.type(description="The workspace would have no administrator left.")
class LastAdmin(UserError):
    """The last one."""


@strawberry.type(description="The address belongs to a member of the workspace already.")
class AlreadyMember(UserError):
    """A member."""


@strawberry.type(description="Only people can do this, and an API key calls.")
class NotAPerson(UserError):
    """A program."""
