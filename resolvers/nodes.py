"""Any thing by its id. What belongs to another tenant does not exist."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.domain.connections.errors import UnknownPlatform
from app.kernel.errors import NotFound
from app.services.events import read_after
from resolvers.context import Context, Info
from schema.connections.connection import Connection
from schema.events import Event
from schema.jobs.job import Job
from schema.keys import ApiKey
from schema.media.file import Media
from schema.node import Node, split
from schema.platforms import Platform
from schema.posts.inputs import bounded
from schema.posts.post import Post
from schema.traversal import LOADERS

TYPES: dict[str, tuple[str, Any]] = {
    "Job": ("jobs", Job),
    "Post": ("posts", Post),
    "Connection": ("connections", Connection),
    "Media": ("media", Media),
    "ApiKey": ("keys", ApiKey),
    "Platform": ("platforms", Platform),
}
"""Kind -> its loader and its type."""
MAX_NODES = 100

NodeId = Annotated[strawberry.ID, strawberry.argument(description="The id, as a node gave it.")]
NodeIds = Annotated[list[strawberry.ID], strawberry.argument(description="The ids, 100 at most.")]


async def node(info: Info, id: NodeId) -> Node | None:  # noqa: A002 -- Relay's word
    """The thing, or None."""
    return await _read(info.context, id)


async def nodes(info: Info, ids: NodeIds) -> list[Node | None]:
    """The things in the order of the ids, None where there is none."""
    bounded(ids, MAX_NODES, ("ids",))
    return [await found for found in _all(info.context, ids)]


def _all(context: Context, ids: Sequence[str]) -> list[Any]:
    # Started together, so that things of one kind are read together.
    return [asyncio.ensure_future(_read(context, one)) for one in ids]


async def _read(context: Context, node_id: str) -> Node | None:
    try:
        kind, key = split(node_id)
        if kind == "Event":
            return await _event(context, int(key))
        if kind not in TYPES:
            return None  # it has an id and is reached by other fields
        loader, into = TYPES[kind]
        row = await LOADERS.get().load(loader, key if kind == "Platform" else UUID(key))
    except (NotFound, UnknownPlatform, ValueError):
        return None
    found: Node | None = None if row is None else into.of(row)
    return found


async def _event(context: Context, seq: int) -> Node | None:
    if not 0 < seq < 2**63:
        return None
    async with context.rt.db.read(context.tenant) as session:
        rows = await read_after(session, seq - 1, 1)
    return Event.of(rows[0]) if rows and rows[0].seq == seq else None
