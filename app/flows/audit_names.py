"""The names of those who stand in the audit log by an id only: what a browser ended that a key had begun, old lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.keys.queries import by_ids

KEY = "key:"


async def names_of(session: AsyncSession, rows: Sequence[AuditEntry]) -> Mapping[str, str]:
    """Actor -> name, for the keys among those whose lines have none."""
    wanted = {row.actor.removeprefix(KEY) for row in rows if row.actor_name is None and row.actor.startswith(KEY)}
    ids = [found for found in map(_id, wanted) if found is not None]
    return {f"{KEY}{key.id}": key.name for key in await by_ids(session, ids)} if ids else {}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
