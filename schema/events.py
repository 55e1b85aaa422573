"""Events: what happened, numbered without gaps."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from app.services.events import EventRow
from app.services.paging import BadCursor
from app.services.paging import decode as decode_cursor
from app.services.paging import encode as encode_cursor
from schema.connections.connection import Connection
from schema.jobs.job import Job
from schema.keys import ApiKey
from schema.media.file import Media
from schema.node import Node, encode
from schema.posts.content import as_text
from schema.posts.post import Post
from schema.scalars import Cursor
from schema.traversal import LOADERS, derived


def cursor_of(tenant: UUID, seq: int) -> Cursor:
    """The cursor behind an event. It belongs to its tenant: elsewhere it is refused, so that numbers do not mix."""
    return Cursor(encode_cursor([tenant, seq]))


def read_cursor(tenant: UUID, cursor: str) -> int:
    """The number of the event that a cursor stands behind.

    Raises:
        BadCursor: it is damaged, of another list, or of another tenant.
    """
    owner, seq = decode_cursor(cursor, (UUID, int))
    if owner != tenant or not isinstance(seq, int):
        raise BadCursor(("after",))
    return seq


@strawberry.type(description="Who did it.")
class Actor:
    """An actor."""

    kind: str = strawberry.field(description="What it is: key, worker, scheduler, platform or system.")
    id: strawberry.ID | None = strawberry.field(description="Which one, where it is an API key.")

    @classmethod
    def of(cls, actor: str) -> Actor:
        """An actor as events store it."""
        kind, _, key = actor.partition(":")
        try:
            return cls(kind=kind, id=encode("ApiKey", UUID(key)) if kind == "key" and key else None)
        except ValueError:
            return cls(kind=kind, id=None)


@strawberry.type(description="One thing that changed.")
class Change:
    """A change."""

    field: str = strawberry.field(description="What changed.")
    value: str = strawberry.field(description="Its new value; a structured one as JSON.")


LOADED_BY = {"job": "jobs", "post": "posts", "connection": "connections", "media": "media", "key": "keys"}
"""Kind of a subject -> its loader."""


@strawberry.type(
    description="Something that happened. Events hold no secrets, and no words but those of comments and mentions."
)
class Event(Node):
    """An event."""

    row: strawberry.Private[EventRow]
    cursor: Cursor = strawberry.field(description="Its place in the log: give it as `after` to go on behind it.")
    at: datetime = strawberry.field(description="When it happened.")
    type: str = strawberry.field(description="What happened, e.g. `job.published`.")
    actor: Actor = strawberry.field(description="Who did it.")

    @derived("What it is about, as it is now; null when it is gone or is no node.")
    async def subject(self) -> Node | None:
        """The subject."""
        loader = LOADED_BY.get(self.row.subject_kind)
        row = None if loader is None else await LOADERS.get().load(loader, self.row.subject_id)
        return None if row is None or loader is None else node_of(loader, row)

    @derived("What changed with it.")
    def changes(self) -> list[Change]:
        """The changes."""
        return [Change(field=key, value=as_text(value)) for key, value in self.row.changes.items()]

    @classmethod
    def of(cls, row: EventRow) -> Event:
        """An event's row."""
        return cls(
            row=row,
            id=encode("Event", row.seq),
            cursor=cursor_of(row.tenant_id, row.seq),
            at=row.at,
            type=row.type,
            actor=Actor.of(row.actor),
        )


NODES = {"jobs": Job, "posts": Post, "connections": Connection, "media": Media, "keys": ApiKey}
"""Loader -> the type of its rows."""


def node_of(loader: str, row: Any) -> Node:
    """A row as the node that it is."""
    kind: Any = NODES[loader]
    node: Node = kind.of(row)
    return node
