"""Let go of what is kept only for a time: events, idempotency keys, old flows, processes that ended badly.

Safe to run anywhere and at any time; two at once do the same work.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, func, text

from app.domain.connections.flow_model import OAuthFlow
from app.domain.processes.model import Process
from app.flows.runtime import Runtime
from app.services.events import EventRow
from app.services.idempotency import IdempotencyKey

log = structlog.get_logger(__name__)

KEYS_KEPT = timedelta(days=7)
FLOWS_KEPT = timedelta(days=1)
GONE = timedelta(minutes=2)
"""A process without a sign of life for this long has ended."""
ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('retention', 0))")


async def sweep(rt: Runtime) -> None:
    """Delete what has had its time; does nothing while another process does."""
    now = func.clock_timestamp()
    events_kept = timedelta(seconds=rt.settings.timing.event_retention)
    async with rt.db.system() as session:
        if not await session.scalar(ALONE):
            return
        await session.execute(
            delete(EventRow).execution_options(synchronize_session=False).where(EventRow.at < now - events_kept)
        )
        await session.execute(
            delete(IdempotencyKey)
            .execution_options(synchronize_session=False)
            .where(IdempotencyKey.created_at < now - KEYS_KEPT)
        )
        await session.execute(
            delete(OAuthFlow)
            .execution_options(synchronize_session=False)
            .where(OAuthFlow.expires_at < now - FLOWS_KEPT)
        )
        await session.execute(
            delete(Process).execution_options(synchronize_session=False).where(Process.seen_at < now - GONE)
        )
    log.debug("retention.swept")
