"""Let go of what is kept only for a time: events, keys, flows, processes, webhooks, open uploads, unused files.

Safe to run anywhere and at any time; two at once do the same work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.media.discard import discard
from app.domain.connections.flow_model import OAuthFlow
from app.domain.connections.model import ConnectionCheck
from app.domain.media.model import MediaFile, MediaState
from app.domain.processes.model import Process
from app.domain.webhooks.model import WebhookDelivery, WebhookShare
from app.domain.webhooks.states import DeliveryState
from app.flows.media.removal import sweep_media
from app.flows.runtime import Runtime
from app.kernel.timing import Timing
from app.services.events import EventRow
from app.services.idempotency import IdempotencyKey
from app.services.tables import Table

log = structlog.get_logger(__name__)

KEYS_KEPT = timedelta(days=7)
FLOWS_KEPT = timedelta(days=1)
UPLOADS_KEPT = timedelta(days=1)
"""How long an upload may stay without its bytes being completed, after its address has expired."""
CHECKS_KEPT = timedelta(days=30)
"""How long the health log of a connection goes back."""
GONE = timedelta(minutes=2)
"""A process without a sign of life for this long has ended."""
ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('retention', 0))")


async def sweep(rt: Runtime) -> None:
    """Delete what has had its time; does nothing while another process does."""
    now = func.statement_timestamp()  # stable within a statement: it can end an index range
    events_kept = timedelta(seconds=rt.settings.timing.event_retention)
    async with rt.db.system() as session:
        if not await session.scalar(ALONE):
            return
        await _drop(session, EventRow, EventRow.at < now - events_kept)
        await _drop(session, IdempotencyKey, IdempotencyKey.created_at < now - KEYS_KEPT)
        await _drop(session, ConnectionCheck, ConnectionCheck.at < now - CHECKS_KEPT)
        await _drop(session, OAuthFlow, OAuthFlow.expires_at < now - FLOWS_KEPT)
        await _drop(session, Process, Process.seen_at < now - GONE)
        await _drop_webhooks(session, rt.settings.timing)
        abandoned = await _abandoned(session)
    for tenant, media_id in abandoned:
        await _drop_upload(rt, tenant, media_id)
    await sweep_media(rt)
    log.debug("retention.swept")


async def _drop(session: AsyncSession, table: type[Table], condition: ColumnElement[bool]) -> None:
    await session.execute(delete(table).where(condition).execution_options(synchronize_session=False))


async def _drop_webhooks(session: AsyncSession, timing: Timing) -> None:
    """What is not final stays, however old: nothing that came in is lost unread."""
    now = func.statement_timestamp()
    kept, orphans = timedelta(seconds=timing.webhook_retention), timedelta(seconds=timing.webhook_orphan_retention)
    table = WebhookDelivery
    ended = table.state.in_((DeliveryState.DONE, DeliveryState.DEAD)) & (table.received_at < now - kept)
    nobody = (table.state == DeliveryState.ORPHAN) & (table.updated_at < now - orphans)
    await _drop(session, table, ended | nobody)
    await _drop(session, WebhookShare, WebhookShare.received_at < now - kept)


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
