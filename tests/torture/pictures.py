"""A picture that every platform takes as it is."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from functools import cache
from uuid import UUID

from PIL import Image

from app.actions.media.create import CreateMedia, create
from app.actions.media.ready import ready
from app.flows.media.content import keep, new_key
from app.kernel import ids
from tests.processes.workspace import Workspace

SIZE = (400, 400)


@cache
def jpeg() -> bytes:
    """Its bytes."""
    out = io.BytesIO()
    Image.new("RGB", SIZE, (200, 120, 40)).save(out, "JPEG")
    return out.getvalue()


async def picture(workspace: Workspace) -> UUID:
    """Put it into a workspace's library."""
    media_id, key = ids.new(), new_key(workspace.tenant)

    async def chunks() -> AsyncIterator[bytes]:
        yield jpeg()

    looked = await keep(workspace.rt, workspace.tenant, chunks(), key, "image/jpeg", len(jpeg()))
    async with workspace.rt.db.transaction(workspace.tenant) as session:
        await create(session, CreateMedia(id=media_id, filename="picture.jpg", object_key=key))
        await ready(session, media_id, key, looked)
    return media_id
