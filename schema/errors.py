"""Refusals as data: each says what is wrong, where, and what to do next.

A type is named by what a client can do about it. The field's result union lists those that can come.
"""

from __future__ import annotations

from typing import Self

import strawberry

from app.domain.connections.errors import ConnectionNotUsable as UnusableConnection
from app.domain.connections.errors import ConnectionStateRefused as RefusedConnection
from app.domain.jobs.errors import JobRefusal
from app.domain.posts.errors import InvalidContent as BadContent
from app.domain.posts.errors import PostNotEditable as FinishedPost
from app.domain.posts.errors import PostRevisionConflict, TargetProblem
from app.kernel.errors import DomainError
from connectors.contract import Severity
from schema.connections.connection import Connection
from schema.jobs.job import Job
from schema.platforms import Platform
from schema.posts.post import Post
from schema.traversal import one


@strawberry.interface(description="A refusal. Nothing was changed.")
class UserError:
    """What every refusal says."""

    message: str = strawberry.field(description="What is wrong.")
    code: str = strawberry.field(description="A stable word for programs.")
    path: list[str] = strawberry.field(description="The input at fault, from the outside in; empty where it is none.")
    hint: str = strawberry.field(description="What to do next.")

    @classmethod
    def of(cls, error: DomainError) -> Self:
        """A refusal of the application."""
        return cls(message=error.message, code=error.code, path=list(error.path), hint=error.hint)


@strawberry.type(description="The thing does not exist in this workspace.")
class NotFound(UserError):
    """Not found."""


@strawberry.type(description="A value of the input cannot be used as it is; `path` says which one.")
class InvalidInput(UserError):
    """Invalid input."""


@strawberry.type(description="The idempotency key was used before with other content.")
class IdempotencyKeyReused(UserError):
    """Key reused."""


@strawberry.type(description="The time cannot be planned for.")
class PlannedTimeInvalid(UserError):
    """Planned time."""


@strawberry.type(description="There is no such platform in this installation.")
class UnknownPlatform(UserError):
    """Unknown platform."""


@strawberry.type(description="The operator has not set the application that this platform asks for.")
class PlatformNotReady(UserError):
    """Nobody can connect it yet."""


@strawberry.type(description="The platform refused, or the user did; nothing was connected.")
class ConnectFailed(UserError):
    """Connecting failed."""


@strawberry.type(description="The connect link is unknown, used up, or too old.")
class TicketInvalid(UserError):
    """A link that leads nowhere any more."""


@strawberry.type(description="The platform refused the change or could not be reached; `message` says which.")
class PlatformRefused(UserError):
    """A fault of a platform, met while the caller waits."""


@strawberry.type(
    description="The file cannot be used: it is not what was declared, too large, or of a kind that is not taken."
)
class MediaRefused(UserError):
    """A file was refused."""


@strawberry.type(description="The file's bytes have not arrived: send them first.")
class MediaNotReady(UserError):
    """No bytes yet."""


@strawberry.type(description="One reason why a platform would refuse the content.")
class Problem:
    """A problem."""

    row: strawberry.Private[TargetProblem]
    platform: Platform | None = one(
        "platforms",
        by="platform",
        into="schema.platforms:Platform",
        description="The platform that would refuse it; null where it concerns the post itself.",
    )
    path: list[str] = strawberry.field(description="The input at fault, from the outside in.")
    rule: str = strawberry.field(description="The rule that is broken, as in `Limit.rule`.")
    measured: str | None = strawberry.field(description="What was measured.")
    limit: str | None = strawberry.field(description="What is allowed.")
    severity: Severity = strawberry.field(description="Whether it stops the post.")
    message: str = strawberry.field(description="What is wrong.")
    fix: str = strawberry.field(description="What to change.")

    @classmethod
    def of(cls, found: TargetProblem) -> Problem:
        """A problem of one target."""
        problem = found.problem
        return cls(
            row=found,
            path=list(problem.path),
            rule=problem.rule,
            measured=problem.measured,
            limit=problem.limit,
            severity=problem.severity,
            message=problem.message,
            fix=problem.fix,
        )


@strawberry.type(description="A platform would refuse the content.")
class InvalidContent(UserError):
    """Invalid content."""

    problems: list[Problem] = strawberry.field(description="Every reason, on every target.")

    @classmethod
    def of(cls, error: BadContent) -> Self:  # type: ignore[override]  # the handler gives this kind only
        """With its problems."""
        problems = [Problem.of(problem) for problem in error.problems]
        return cls(message=error.message, code=error.code, path=list(error.path), hint=error.hint, problems=problems)


@strawberry.interface(name="ConnectionRefusal", description="A refusal about a connection, which is given as it is.")
class AboutConnection(UserError):
    """About a connection."""

    connection: Connection = strawberry.field(description="The connection as it is.")

    @classmethod
    def of(cls, error: UnusableConnection | RefusedConnection) -> Self:  # type: ignore[override]
        """With the connection."""
        shown = Connection.of(error.connection)
        return cls(message=error.message, code=error.code, path=list(error.path), hint=error.hint, connection=shown)


@strawberry.type(description="Nothing can be scheduled on the connection as it is.")
class ConnectionNotUsable(AboutConnection):
    """Not usable."""


@strawberry.type(description="The connection's state does not allow it.")
class ConnectionStateRefused(AboutConnection):
    """Wrong state."""


@strawberry.type(description="The user granted another account than the one to be reconnected.")
class DifferentAccount(UserError):
    """Another account."""


@strawberry.interface(name="JobRefusal", description="A refusal about a job, which is given as it is.")
class AboutJob(UserError):
    """About a job."""

    job: Job = strawberry.field(description="The job as it is.")

    @classmethod
    def of(cls, error: JobRefusal) -> Self:  # type: ignore[override]  # the handler gives this kind only
        """With the job."""
        shown = Job.of(error.job)
        return cls(message=error.message, code=error.code, path=list(error.path), hint=error.hint, job=shown)


@strawberry.type(description="It is too late to cancel: the job was sent, or is final.")
class JobNotCancellable(AboutJob):
    """Too late."""


@strawberry.type(description="The job does not wait, so it has no time to move.")
class JobNotReschedulable(AboutJob):
    """Not waiting."""


@strawberry.type(description="The job has not failed, so there is nothing to retry.")
class JobNotRetryable(AboutJob):
    """Not failed."""


@strawberry.type(description="The job's outcome is known, so there is nothing to settle.")
class JobNotInReview(AboutJob):
    """Not in review."""


@strawberry.type(description="The job does not wait for a person because it is late.")
class JobNotLate(AboutJob):
    """Not late."""


@strawberry.type(description="The post is not on the platform, so there is nothing to change there.")
class JobNotPublished(AboutJob):
    """Not published."""


@strawberry.type(description="The published post cannot be changed in this way.")
class JobNotEditable(AboutJob):
    """Not editable."""


@strawberry.type(description="Somebody changed the job meanwhile.")
class JobRevisionConflict(AboutJob):
    """Changed meanwhile."""


@strawberry.interface(name="PostRefusal", description="A refusal about a post, which is given as it is.")
class AboutPost(UserError):
    """About a post."""

    post: Post = strawberry.field(description="The post as it is.")

    @classmethod
    def of(cls, error: FinishedPost | PostRevisionConflict) -> Self:  # type: ignore[override]
        """With the post."""
        shown = Post.of(error.post)
        return cls(message=error.message, code=error.code, path=list(error.path), hint=error.hint, post=shown)


@strawberry.type(description="Nothing of the post waits any more, so there is nothing to change.")
class PostNotEditable(AboutPost):
    """Nothing waits."""


@strawberry.type(description="Somebody changed the post meanwhile.")
class RevisionConflict(AboutPost):
    """Changed meanwhile."""
