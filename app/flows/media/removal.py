"""Files go: on demand, when nobody has used them for long, and what was left behind in the store.

Rows go first, in one transaction that notes the bytes for removal; then the bytes, then the note. Whatever dies in
between is done again by the next sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import exists, func, select

from app.actions.media.delete import delete, delete_unused
from app.actions.media.discard import claim, discard
from app.domain.media.model import MediaDiscard, MediaFile, MediaState
from app.domain.posts.model import PostMedia
from app.flows.runtime import Runtime
from app.kernel.errors import NotFound
from app.services import events
from app.services.storage import StorageError

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""How much one sweep takes away of each kind; the next one goes on."""


async def delete_media(rt: Runtime, tenant: UUID, actor: str, media_id: UUID) -> None:
    """Delete a file and its copies.

    Raises:
        NotFound: no such file in this tenant.
        MediaInUse: a post that has not gone out shows it; nothing was changed.
    """
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        await delete(session, media_id)
    await empty(rt, tenant)


async def empty(rt: Runtime, tenant: UUID) -> None:
    """Remove what is noted for removal in one tenant; a store that does not answer is asked again by the sweep."""
    due = (MediaDiscard.tenant_id == tenant, MediaDiscard.after <= func.clock_timestamp())
    async with rt.db.read(tenant) as session:
        keys = (await session.scalars(select(MediaDiscard.object_key).where(*due).limit(AT_ONCE))).all()
    for key in keys:
        try:
            await rt.store.delete(key)
        except StorageError as error:
            log.warning("media.not_removed", reason=str(error))
            return
        async with rt.db.transaction(tenant) as session:
            await claim(session, key)


async def remove(rt: Runtime, tenant: UUID, key: str) -> None:
    """Remove bytes that nothing refers to: at once if the store answers, else by the sweep."""
    async with rt.db.transaction(tenant) as session:
        await discard(session, [key])
    await empty(rt, tenant)


async def sweep_media(rt: Runtime) -> None:
    """Delete files that no post shows and that are older than `POSTD_MEDIA_UNUSED`, and bytes left behind."""
    for tenant, media_id in await _unused(rt):
        try:
            async with rt.db.transaction(tenant) as session:
                events.act_as(session, "scheduler")
                await delete_unused(session, media_id)
        except NotFound:
            continue  # somebody was faster
    async with rt.db.system() as session:
        late = MediaDiscard.after <= func.statement_timestamp()
        tenants = (await session.scalars(select(MediaDiscard.tenant_id).where(late).distinct().limit(AT_ONCE))).all()
    for tenant in tenants:
        await empty(rt, tenant)


async def _unused(rt: Runtime) -> Sequence[tuple[UUID, UUID]]:
    uses = (PostMedia.tenant_id == MediaFile.tenant_id, PostMedia.media_id == MediaFile.id)
    shown = exists(select(PostMedia.media_id).where(*uses))  # by column: the system role sees no others
    kept = timedelta(seconds=rt.settings.timing.media_unused)
    old = MediaFile.created_at < func.statement_timestamp() - kept
    ended = MediaFile.state != MediaState.AWAITING_UPLOAD
    query = select(MediaFile.tenant_id, MediaFile.id).where(ended, old, ~shown).order_by(MediaFile.created_at)
    async with rt.db.system() as session:
        return [(row.tenant_id, row.id) for row in (await session.execute(query.limit(AT_ONCE))).all()]
