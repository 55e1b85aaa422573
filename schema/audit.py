"""The audit log: what was done that an administrator answers for, by whom, from where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from app.domain.audit.model import AuditEntry as Row
from app.domain.audit.pages import AuditFilter
from app.domain.audit.sentences import sentence, who
from app.kernel.errors import NotFound
from schema.events import Change
from schema.node import WORDS, encode, split
from schema.posts.content import as_text
from schema.traversal import derived

KINDS = {"job": "Job", "post": "Post", "connection": "Connection", "media": "Media", "key": "ApiKey"}
"""Kind of a subject -> its kind as a node."""


@strawberry.type(description="Who did something.")
class AuditActor:
    """An actor."""

    ref: str = strawberry.field(description="Who, for programs: give it as `actor` in a filter.")
    name: str = strawberry.field(description="Who, for people: a key's name, a person, a token, the command line.")


@strawberry.type(description="One act that an administrator answers for. Lines are written and never changed.")
class AuditEntry:
    """A line."""

    row: strawberry.Private[Row]
    id: strawberry.ID = strawberry.field(description="Its id.")
    at: datetime = strawberry.field(description="When.")
    sentence: str = strawberry.field(description="What was done and by whom, in words.")
    verb: str = strawberry.field(description="What was done, for programs, e.g. `key.create`.")
    actor: AuditActor = strawberry.field(description="Who did it.")
    subject_kind: str = strawberry.field(description="What it was done to: key, connection, job, platform...")
    subject_id: strawberry.ID | None = strawberry.field(
        description="Which one, as `node` takes it where it is a node; null where it is no single thing."
    )
    request_id: str | None = strawberry.field(description="The request in which it was done; null outside of one.")
    address: str | None = strawberry.field(description="From where; after a time only the network; null where unknown.")

    @derived("What was given with it, and what came of it; without secrets.")
    def details(self) -> list[Change]:
        """The details."""
        return [Change(field=key, value=as_text(value)) for key, value in self.row.details.items()]

    @classmethod
    def of(cls, row: Row, names: Mapping[str, str]) -> AuditEntry:
        """A line's row; `names` has actors whose name is not on the line."""
        kind, subject = KINDS.get(row.subject_kind), row.subject_id
        name = row.actor_name or names.get(row.actor)
        plain = None if subject is None else strawberry.ID(str(subject))
        return cls(
            row=row,
            id=strawberry.ID(row.id.hex),
            at=row.at,
            sentence=sentence(row.verb, row.details, row.actor, name),
            verb=row.verb,
            actor=AuditActor(ref=row.actor, name=who(row.actor, name)),
            subject_kind=row.subject_kind,
            subject_id=plain if kind is None or subject is None else encode(kind, subject),
            request_id=row.request_id,
            address=None if row.address is None else str(row.address),
        )


@strawberry.input(description="Which lines of the audit log; what is left out narrows nothing.")
class AuditFilterInput:
    """A filter."""

    actor: str | None = strawberry.field(default=None, description="Done by this actor, as `AuditActor.ref` says it.")
    verb: str | None = strawberry.field(default=None, description="This was done, e.g. `key.create`.")
    subject: strawberry.ID | None = strawberry.field(default=None, description="Done to this thing, by its id.")
    since: datetime | None = strawberry.field(default=None, name="from", description="From this moment on.")
    until: datetime | None = strawberry.field(default=None, name="to", description="Before this moment.")

    def wanted(self) -> AuditFilter:
        """The same for the application."""
        subject = None if self.subject is None else key_of(self.subject)
        return AuditFilter(self.actor, self.verb, subject, self.since, self.until)


AuditWanted = Annotated[
    AuditFilterInput | None, strawberry.argument(name="filter", description="Which; null means all.")
]


def key_of(subject: str) -> UUID:
    """The key of a subject, by its id as a node or as it is.

    Raises:
        NotFound: it is neither, so that nothing can have been done to it.
    """
    try:
        return UUID(subject)
    except ValueError:
        kind, key = split(subject)
    try:
        return UUID(key)
    except ValueError:
        raise NotFound(WORDS[kind], path=("filter", "subject")) from None
