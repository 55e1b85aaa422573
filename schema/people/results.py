"""What clients send to come in, to stay and to leave, and what they are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from app.actions.people.open_session import Opened
from app.actions.people.refresh import Refreshed
from app.domain.people.session_model import Session
from connectors.secret import Secret
from schema.errors import InvalidInput, NotFound
from schema.keys import Tenant
from schema.people.errors import LinkSpent, NotAPerson, SessionEnded, SignInRefused, SignUpClosed, TooManyTries


@strawberry.input(description="A person who wants in.")
class SignInInput:
    """Address and password."""

    address: str = strawberry.field(description="Their mail address.")
    password: str = strawberry.field(description="Their password.")
    workspace: str | None = strawberry.field(
        default=None, description="The slug of the workspace to enter; null: the one that they used last."
    )


@strawberry.input(description="A stranger who opens a workspace.")
class SignUpInput:
    """A stranger."""

    address: str = strawberry.field(description="Their mail address.")
    password: str = strawberry.field(description="A password, in 12 to 256 characters.")
    name: str = strawberry.field(description="What they are called, in 1 to 100 characters.")
    workspace: str = strawberry.field(description="What the workspace is called, in 1 to 100 characters.")


@strawberry.input(description="A session that is to go on.")
class RefreshSessionInput:
    """A refresh token."""

    refresh_token: str = strawberry.field(description="The refresh token that came last. It works once.")


@strawberry.input(description="The session to be ended.")
class SignOutInput:
    """A session."""

    session_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of `viewer { sessions }`; null: the one that this call comes by."
    )


@strawberry.input(description="How far to sign out.")
class SignOutEverywhereInput:
    """All sessions, or all others."""

    keep_this: bool = strawberry.field(default=False, description="Whether the session of this call goes on.")


@strawberry.input(description="Whose password is lost.")
class RequestPasswordResetInput:
    """An address."""

    address: str = strawberry.field(description="The person's mail address.")


@strawberry.input(description="A password in place of one that was lost.")
class ResetPasswordInput:
    """A link and a password."""

    token: str = strawberry.field(description="What the link holds behind its last `/`.")
    password: str = strawberry.field(description="The new password, in 12 to 256 characters.")


@strawberry.input(description="A password in place of another.")
class ChangePasswordInput:
    """Two passwords."""

    current_password: str = strawberry.field(description="The password as it is.")
    new_password: str = strawberry.field(description="The new one, in 12 to 256 characters.")


@strawberry.input(description="An invitation that somebody follows.")
class AcceptInvitationInput:
    """A link, and who follows it."""

    token: str = strawberry.field(description="What the link holds behind its last `/`.")
    password: str = strawberry.field(
        description="The password of who has an account; else the one to be theirs, in 12 to 256 characters."
    )
    name: str | None = strawberry.field(
        default=None, description="What they are called; needed where they have no account yet."
    )


@strawberry.input(description="The workspace to go to.")
class SwitchWorkspaceInput:
    """A workspace."""

    workspace: str = strawberry.field(description="Its slug, as `viewer { workspaces }` gives it.")


@strawberry.type(
    description="Who came in calls with these. They are shown once; keep them where no script of others is."
)
class SignedIn:
    """Tokens."""

    access_token: str = strawberry.field(description="For the header: `Authorization: Bearer ...`.")
    access_expires_at: datetime = strawberry.field(description="When the access token ends; get the next one before.")
    refresh_token: str = strawberry.field(description="For `refreshSession`, once.")
    session_expires_at: datetime = strawberry.field(description="When the session ends; then sign in again.")

    @classmethod
    def of(cls, given: Opened | Refreshed) -> SignedIn:
        """A session of a program, and its tokens."""
        row: Session = given.session
        refresh = given.refresh or Secret("")
        return cls(
            access_token=given.access.reveal(),
            access_expires_at=row.access_expires_at,
            refresh_token=refresh.reveal(),
            session_expires_at=row.expires_at,
        )


@strawberry.type(description="The workspace is open where the address is new: sign in. Nothing tells whether it is.")
class SignedUp:
    """Taken note of."""

    address: str = strawberry.field(description="The address to sign in with.")


@strawberry.type(description="The session has ended, and its sockets are closed.")
class SignedOut:
    """Out."""

    sessions: int = strawberry.field(description="How many sessions have ended.")


@strawberry.type(
    description="If somebody has this address, a link was sent to it. The answer is the same if nobody has."
)
class PasswordResetRequested:
    """Taken note of."""

    by_mail: bool = strawberry.field(
        description="Whether this installation sends mail. If not, an operator makes the link: `postd users "
        "reset-password`."
    )


@strawberry.type(description="The new password holds, and every session of the person has ended: sign in.")
class PasswordChanged:
    """Changed."""

    sessions: int = strawberry.field(description="How many sessions have ended.")


@strawberry.type(description="The session speaks for another workspace from now on; its sockets are closed once.")
class WorkspaceSwitched:
    """Elsewhere."""

    tenant: Tenant = strawberry.field(description="The workspace.")


SignInResult: TypeAlias = Annotated[
    SignedIn | SignInRefused | TooManyTries | InvalidInput,
    strawberry.union("SignInResult", description="Tokens, or why nobody was let in."),
]
SignUpResult: TypeAlias = Annotated[
    SignedUp | SignUpClosed | TooManyTries | InvalidInput,
    strawberry.union("SignUpResult", description="What follows, or why no workspace was opened."),
]
RefreshSessionResult: TypeAlias = Annotated[
    SignedIn | SessionEnded | TooManyTries,
    strawberry.union("RefreshSessionResult", description="The next tokens, or why there are none."),
]
SignOutResult: TypeAlias = Annotated[
    SignedOut | NotFound | NotAPerson,
    strawberry.union("SignOutResult", description="What has ended, or why nothing has."),
]
SignOutEverywhereResult: TypeAlias = Annotated[
    SignedOut | NotAPerson,
    strawberry.union("SignOutEverywhereResult", description="What has ended, or why nothing has."),
]
RequestPasswordResetResult: TypeAlias = Annotated[
    PasswordResetRequested | TooManyTries | InvalidInput,
    strawberry.union("RequestPasswordResetResult", description="What follows, or why nothing does."),
]
ResetPasswordResult: TypeAlias = Annotated[
    PasswordChanged | LinkSpent | TooManyTries | InvalidInput,
    strawberry.union("ResetPasswordResult", description="What has ended, or why the password was not changed."),
]
ChangePasswordResult: TypeAlias = Annotated[
    PasswordChanged | SignInRefused | NotAPerson | TooManyTries | InvalidInput,
    strawberry.union("ChangePasswordResult", description="What has ended, or why the password was not changed."),
]
AcceptInvitationResult: TypeAlias = Annotated[
    SignedIn | LinkSpent | SignInRefused | TooManyTries | InvalidInput,
    strawberry.union("AcceptInvitationResult", description="Tokens, or why nobody was let in."),
]
SwitchWorkspaceResult: TypeAlias = Annotated[
    WorkspaceSwitched | NotFound | NotAPerson,
    strawberry.union("SwitchWorkspaceResult", description="The workspace, or why the session stays where it is."),
]
