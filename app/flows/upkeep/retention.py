"""Let go of what is kept only for a time: old rows (prune.py), uploads that nobody completed, unused files.

Safe to run anywhere and at any time; two at once do the same work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.media.discard import discard
from app.domain.media.model import MediaFile, MediaState
from app.flows.media.removal import sweep_media
from app.flows.runtime import Runtime
from app.flows.upkeep.addresses import cut_addresses
from app.flows.upkeep.old_figures import let_figures_go
from app.flows.upkeep.other_people import let_go
from app.flows.upkeep.prune import prune

log = structlog.get_logger(__name__)

UPLOADS_KEPT = timedelta(days=1)
"""How long an upload may stay without its bytes being completed, after its address has expired."""


async def sweep(rt: Runtime) -> None:
    """Delete what has had its time; rows that another process deletes at this moment are left to it."""
    await prune(rt.db, rt.settings.timing)
    await cut_addresses(rt)
    async with rt.db.system() as session:
        abandoned = await _abandoned(session)
    for tenant, media_id in abandoned:
        await _drop_upload(rt, tenant, media_id)
    await let_go(rt)
    await let_figures_go(rt)
    await sweep_media(rt)
    log.debug("retention.swept")


async def _abandoned(session: AsyncSession) -> Sequence[tuple[UUID, UUID]]:
    late = MediaFile.upload_expires_at < func.statement_timestamp() - UPLOADS_KEPT
    waiting = MediaFile.state == MediaState.AWAITING_UPLOAD
    rows = (await session.execute(select(MediaFile.tenant_id, MediaFile.id).where(waiting, late).limit(100))).all()
    return [(row.tenant_id, row.id) for row in rows]


async def _drop_upload(rt: Runtime, tenant: UUID, media_id: UUID) -> None:
    mine = (MediaFile.id == media_id, MediaFile.state == MediaState.AWAITING_UPLOAD)
    async with rt.db.transaction(tenant) as session:
        key = await session.scalar(delete(MediaFile).where(*mine).returning(MediaFile.object_key))
        if key is not None:
            await discard(session, [key])
