"""What is to be removed from the store: noted before bytes are written, and when nothing refers to them any more.

Promise: bytes in the store are referred to by a row, or noted here, whatever dies in between. Who removes them reads
these notes (`app/flows/media/removal.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.media.model import MediaDiscard
from app.services.db import tenant_of

UNCLAIMED: timedelta = timedelta(days=1)
"""How long bytes may be on their way before they count as left behind."""


async def discard(session: AsyncSession, keys: Sequence[str], wait: timedelta = timedelta()) -> None:
    """Note that bytes are to be removed after `wait`; a later note of the same key wins."""
    if not keys:
        return
    after = func.clock_timestamp() + wait
    rows = [{"tenant_id": tenant_of(session), "object_key": key, "after": after} for key in keys]
    note = insert(MediaDiscard).values(rows)
    place = [MediaDiscard.tenant_id, MediaDiscard.object_key]
    await session.execute(note.on_conflict_do_update(index_elements=place, set_={"after": note.excluded.after}))


async def claim(session: AsyncSession, key: str) -> None:
    """A row of this transaction refers to the bytes: they stay."""
    mine = (MediaDiscard.tenant_id == tenant_of(session), MediaDiscard.object_key == key)
    await session.execute(delete(MediaDiscard).where(*mine))
