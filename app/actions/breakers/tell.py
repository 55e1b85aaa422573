"""Tell a workspace once that a platform is in trouble, and once that it is back.

Promise: one event an episode and workspace, however many of its posts wait and however many workers see it. The row
that says so is written with the event.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.breakers.model import Breaker, PlatformNotice
from app.domain.breakers.states import BreakerState, Place
from app.services import events
from app.services.db import tenant_of

UNWELL, PAUSED, BACK = "platform.unwell", "platform.paused", "platform.recovered"


async def tell_trouble(session: AsyncSession, breaker: Breaker) -> bool:
    """Tell of the episode that holds the workspace's posts up; False where that was done."""
    values = {
        "tenant_id": tenant_of(session),
        "episode": breaker.episode,
        "platform": breaker.platform,
        "host": breaker.host,
        "operation": breaker.operation,
    }
    told = insert(PlatformNotice).values(values).on_conflict_do_nothing().returning(PlatformNotice.episode)
    if await session.scalar(told) is None:
        return False
    kind = PAUSED if breaker.state is BreakerState.PAUSED else UNWELL
    changes: dict[str, Any] = {"platform": breaker.platform, "operation": breaker.operation, "reason": breaker.reason}
    if breaker.host:
        changes["server"] = breaker.host
    events.record(session, events.Event(kind, "platform", breaker.episode, changes))
    return True


async def tell_end(session: AsyncSession, place: Place) -> int:
    """Tell that what the workspace was told of at a place is over; gives how many episodes that were."""
    theirs = (
        PlatformNotice.tenant_id == tenant_of(session),
        PlatformNotice.platform == place.platform,
        PlatformNotice.host.in_(("", place.host)),
        PlatformNotice.operation.in_((place.operation, "all")),
        PlatformNotice.ended_at.is_(None),
    )
    query = update(PlatformNotice).where(*theirs).values(ended_at=func.clock_timestamp())
    query = query.returning(PlatformNotice.episode, PlatformNotice.operation, PlatformNotice.host)
    ended = (await session.execute(query.execution_options(synchronize_session=False))).all()
    for row in ended:
        changes: dict[str, Any] = {"platform": place.platform, "operation": row.operation}
        if row.host:
            changes["server"] = row.host
        events.record(session, events.Event(BACK, "platform", row.episode, changes))
    return len(ended)
