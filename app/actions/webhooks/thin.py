"""Take out of kept notices, and of the events about them, what a platform lets nobody keep for long.

Promise: the rows and the event's place stay, so that it can be seen that something happened and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.db import tenant_of

PEOPLE: Final = ("author", "authorId")
"""Names in a notice's details that say who somebody is."""
ACTIVITY: Final = (*PEOPLE, "text", "commentId", "parentId")
"""Those that say what somebody did."""

NOTICES = text(
    """
    UPDATE webhook_notices notice SET details = notice.details - CAST(:names AS text[])
    FROM webhook_shares share
    WHERE notice.tenant_id = :tenant AND share.tenant_id = notice.tenant_id AND share.id = notice.share_id
      AND share.platform = :platform AND share.received_at < statement_timestamp() - CAST(:age AS interval)
      AND notice.details ?| CAST(:names AS text[])
    RETURNING notice.id
    """
)
EVENTS = text(
    """
    UPDATE events SET changes = changes - CAST(:names AS text[])
    WHERE tenant_id = :tenant AND subject_id = ANY(CAST(:subjects AS uuid[]))
    """
)


async def thin(session: AsyncSession, platform: str, names: Sequence[str], *, age: timedelta) -> int:
    """Take these details out of what came in longer than `age` ago; gives how many notices lost some."""
    given = {"tenant": tenant_of(session), "names": list(names)}
    found = await session.scalars(NOTICES, {**given, "platform": platform, "age": age})
    thinned = found.all()
    if thinned:
        await session.execute(EVENTS, {**given, "subjects": thinned})
    return len(thinned)
