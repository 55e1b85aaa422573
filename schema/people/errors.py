"""Refusals about people as data."""

from __future__ import annotations

from typing import Self

import strawberry

from app.domain.people.errors import TooManyTries as Refused
from app.kernel.errors import DomainError
from schema.errors import UserError


@strawberry.type(description="Nobody was let in. The same for an unknown address and a wrong password.")
class SignInRefused(UserError):
    """Refused."""


@strawberry.type(description="The refresh token opens nothing: sign in again.")
class SessionEnded(UserError):
    """Ended."""


@strawberry.type(description="Somebody tries too often; nothing was looked at.")
class TooManyTries(UserError):
    """Too often."""

    retry_after: int = strawberry.field(description="Seconds to wait before trying again.")

    @classmethod
    def of(cls, error: DomainError) -> Self:
        """A refusal with its time."""
        wait = error.seconds if isinstance(error, Refused) else 1
        return cls(message=error.message, code=error.code, path=list(error.path), hint=error.hint, retry_after=wait)


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
