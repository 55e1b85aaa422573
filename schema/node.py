"""Nodes and their global ids.

A global id is opaque to clients: the kind of the thing and its own key. It opens nothing by itself: each node is read
in the caller's tenant, and a foreign id is answered like one that does not exist.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

import strawberry

import schema.words  # noqa: F401 -- enums are offered before the first type that uses one is made
from app.kernel.errors import NotFound

WORDS = {
    "Job": "job",
    "Post": "post",
    "Connection": "connection",
    "Media": "media file",
    "ApiKey": "API key",
    "Person": "person",
    "Member": "member",
    "Invitation": "invitation",
    "Session": "session",
    "Event": "event",
    "Platform": "platform",
}
"""Kind of a node -> the word in a message."""


def encode(kind: str, key: UUID | str | int) -> strawberry.ID:
    """The global id of a thing."""
    own = key.hex if isinstance(key, UUID) else str(key)
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{own}".encode()).rstrip(b"=").decode())


def split(node_id: str) -> tuple[str, str]:
    """Kind and key of a global id.

    Raises:
        NotFound: it is not one of ours.
    """
    try:
        padded = node_id + "=" * (-len(node_id) % 4)
        kind, _, key = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        raise NotFound("node") from None
    if kind not in WORDS or not key:
        raise NotFound("node")
    return kind, key


def decode(node_id: str, kind: str, path: tuple[str, ...] = ("input", "id")) -> UUID:
    """The key of a thing of this kind.

    Raises:
        NotFound: the id is of another kind, or not one of ours: there is no such thing of this kind.
    """
    try:
        found, key = split(node_id)
        if found == kind:
            return UUID(key)
    except (NotFound, ValueError):
        pass
    raise NotFound(WORDS[kind], path=path)


@strawberry.interface(description="A thing with an id that is unique in the whole API and never changes.")
class Node:
    """What `node` and `nodes` give."""

    id: strawberry.ID = strawberry.field(description="The id, opaque: keep it as it is.")
