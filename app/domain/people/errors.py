"""What people are refused when they sign in, invite and decide about members."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from app.kernel.errors import DomainError


class SignInRefused(DomainError):
    """Nobody was let in. The answer is the same for an unknown address and a wrong password."""

    code: ClassVar[str] = "SIGN_IN_REFUSED"

    def __init__(
        self,
        message: str = "The address or the password is wrong.",
        hint: str = "Check both; requestPasswordReset helps where the password is lost.",
    ) -> None:
        super().__init__(message, hint=hint)


class SessionEnded(DomainError):
    """The refresh token opens nothing: unknown, used before, ended or too old."""

    code: ClassVar[str] = "SESSION_ENDED"

    def __init__(self) -> None:
        super().__init__("This session has ended.", hint="Sign in again.")


class TooManyTries(DomainError):
    """Somebody tries too often; nothing was looked at."""

    code: ClassVar[str] = "TOO_MANY_TRIES"

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, round(wait.total_seconds() + 0.5))
        super().__init__("There were too many tries.", hint=f"Wait {self.seconds} seconds, then try again.")


class SignUpClosed(DomainError):
    """Strangers may not open workspaces here."""

    code: ClassVar[str] = "SIGN_UP_CLOSED"

    def __init__(self) -> None:
        super().__init__(
            "Nobody can sign up here.", hint="Ask an administrator for an invitation; operators see POSTD_SIGN_UP."
        )


class LinkSpent(DomainError):
    """The link is unknown, used, withdrawn or too old. Nothing was changed."""

    code: ClassVar[str] = "LINK_SPENT"

    def __init__(self) -> None:
        super().__init__("This link is not valid any more.", hint="Ask for a new one.")


class LastAdmin(DomainError):
    """The workspace would have no administrator left; nothing was changed."""

    code: ClassVar[str] = "LAST_ADMIN"

    def __init__(self) -> None:
        super().__init__(
            "This is the last administrator of the workspace.", hint="Make somebody else an administrator first."
        )


class AlreadyMember(DomainError):
    """The address belongs to a member already; nobody was invited."""

    code: ClassVar[str] = "ALREADY_MEMBER"

    def __init__(self) -> None:
        super().__init__(
            "This address belongs to a member of the workspace.",
            hint="Use changeMemberRole to let them do more.",
            path=("input", "address"),
        )


class NotAPerson(DomainError):
    """Only people can do this, and an API key calls."""

    code: ClassVar[str] = "NOT_A_PERSON"

    def __init__(self) -> None:
        super().__init__("An API key cannot do this.", hint="Sign in as a person with signIn.")
