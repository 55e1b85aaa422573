"""Why a connection is as it is: its events and its health log as one list, newest first.

Events are kept as long as subscribers can resume, the health log for a month: the list goes back as far as they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, Subquery, cast, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.model import ConnectionCheck
from app.services.db import tenant_of
from app.services.events import EventRow
from app.services.paging import Page, PageRequest, Sort, keyset, page


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened."""

    at: datetime
    place: str
    """Its place among things of the same moment."""
    what: str
    """The event's name, or of the health log: check, refresh, connect or publish."""
    ok: bool
    details: dict[str, Any]
    """What the event says, or the fault."""
    by: str
    """Who did it, as events store it; empty for the health log."""


@dataclass(frozen=True, slots=True)
class TimelineRequest:
    """One page of one connection's list."""

    connection_id: UUID
    page: PageRequest


async def timeline(session: AsyncSession, request: TimelineRequest) -> Page[Moment]:
    """One page of a connection's list.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    told = _told(session, request.connection_id)
    order = (Sort(told.c.at, descending=True), Sort(told.c.place, descending=True))
    rows = (await session.execute(keyset(select(told), order, request.page))).all()
    return page([Moment(*row) for row in rows], order, request.page)


async def length(session: AsyncSession, connection_id: UUID) -> int:
    """How long the list is."""
    return int(await session.scalar(select(func.count()).select_from(_told(session, connection_id))) or 0)


def _told(session: AsyncSession, connection_id: UUID) -> Subquery:
    tenant = tenant_of(session)
    happened = select(
        EventRow.at.label("at"),
        func.lpad(cast(EventRow.seq, String), 20, "0", type_=String()).label("place"),
        EventRow.type.label("what"),
        true().label("ok"),
        EventRow.changes.label("details"),
        EventRow.actor.label("by"),
    ).where(EventRow.tenant_id == tenant, EventRow.subject_id == connection_id)
    seen = select(
        ConnectionCheck.at,
        cast(ConnectionCheck.id, String),
        ConnectionCheck.what,
        ConnectionCheck.ok,
        func.coalesce(ConnectionCheck.fault, func.jsonb_build_object()),
        literal(""),
    ).where(ConnectionCheck.tenant_id == tenant, ConnectionCheck.connection_id == connection_id)
    return union_all(happened, seen).subquery("told")
