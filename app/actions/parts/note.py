"""Note how parts were found.

Promise: `since` moves only when a part is found in another state than the one that is noted, by whomever; of two that
find the same at one moment the first writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.parts.model import PartState
from app.domain.parts.queries import known


async def note(session: AsyncSession, found: Mapping[str, str]) -> dict[str, datetime]:
    """Note the states of these parts, in the system's transaction; gives since when each is so."""
    before = await known(session)
    changed = {name: state for name, state in found.items() if name not in before or before[name].state != state}
    since = {name: before[name].since for name in found if name in before and name not in changed}
    if changed:
        row = insert(PartState).values([{"name": name, "state": changed[name]} for name in sorted(changed)])
        now = {"state": row.excluded.state, "since": func.clock_timestamp()}
        written = row.on_conflict_do_update(
            index_elements=[PartState.name], set_=now, where=PartState.state != row.excluded.state
        ).returning(PartState.name, PartState.since)
        since |= {one.name: one.since for one in (await session.execute(written)).all()}
        for name in changed.keys() - since.keys():  # somebody else found it at the same moment
            since[name] = (await known(session))[name].since
    return since
