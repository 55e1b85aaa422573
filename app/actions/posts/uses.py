"""Note which files a post shows, so that a file is not removed while a post may need it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.media.model import MediaFile
from app.domain.posts.content import Stored, media_ids
from app.domain.posts.model import PostMedia
from app.services.db import tenant_of


async def note(session: AsyncSession, post_id: UUID, contents: Iterable[Stored]) -> None:
    """Write down the files of all contents of a post, its own and its jobs', in place of what was noted before.

    Files that are gone are left out; those that are there cannot be deleted before the transaction ends.
    """
    shown = {key for content in contents for key in media_ids(content)}
    tenant = tenant_of(session)
    mine = (PostMedia.tenant_id == tenant, PostMedia.post_id == post_id)
    await session.execute(delete(PostMedia).where(*mine, PostMedia.media_id.not_in(shown)))
    if not shown:
        return
    found = (
        select(MediaFile.tenant_id, MediaFile.id, literal(post_id))
        .where(MediaFile.tenant_id == tenant, MediaFile.id.in_(shown))
        .order_by(MediaFile.id)
        .with_for_update(read=True, key_share=True)
    )
    columns = ["tenant_id", "media_id", "post_id"]
    await session.execute(insert(PostMedia).from_select(columns, found).on_conflict_do_nothing())
