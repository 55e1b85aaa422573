"""Delete a file, and note its bytes for removal where nothing else refers to them.

Promise: a file that a post may still go out with is not deleted. A post that is being scheduled with the file at the
same moment either keeps it, or is told that it is gone. Emits `media.deleted`.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.media.discard import discard
from app.actions.media.same_bytes import hold_bytes
from app.domain.media.errors import MediaInUse
from app.domain.media.model import MediaFile
from app.domain.media.queries import copies_of, is_kept
from app.domain.media.queries import media as read_media
from app.domain.posts.queries import going_out_with, is_shown
from app.services import events


async def delete(session: AsyncSession, media_id: UUID) -> None:
    """Delete a file that nobody waits for.

    Raises:
        NotFound: no such file in this tenant.
        MediaInUse: a post that has not gone out shows it; nothing was changed.
    """
    file = await read_media(session, media_id, lock=True)
    # Read by a statement of its own after the lock: a post that held the file meanwhile is seen now.
    post = await going_out_with(session, media_id)
    if post is not None:
        raise MediaInUse(post.id)
    await _remove(session, file)


async def delete_unused(session: AsyncSession, media_id: UUID) -> bool:
    """Delete a file that no post shows, whatever became of the post; False where one does.

    Raises:
        NotFound: no such file in this tenant (any more).
    """
    file = await read_media(session, media_id, lock=True)
    if await is_shown(session, media_id):
        return False
    await _remove(session, file)
    return True


async def _remove(session: AsyncSession, file: MediaFile) -> None:
    if file.sha256 is not None:
        await hold_bytes(session, file.sha256)
    keys = [copy.object_key for copy in await copies_of(session, [file.id]) if copy.object_key is not None]
    await session.delete(file)
    await session.flush()
    if not await is_kept(session, file.object_key):
        keys.append(file.object_key)
    await discard(session, keys)
    events.record(session, events.Event("media.deleted", "media", file.id, {}))
