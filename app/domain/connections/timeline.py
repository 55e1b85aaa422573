"""Why a connection is as it is: its events and its health log as one list, newest first.

Events are kept as long as subscribers can resume, the health log for a month: the list goes back as far as they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import ColumnCollection

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
    """One page of a connection's list. Each of the two logs is read as far as one page, then they are merged.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    logs = [keyset(log, _newest_first(log.selected_columns), request.page) for log in _logs(session, request)]
    told = union_all(*logs).subquery("told")
    order = _newest_first(told.c)
    rows = (await session.execute(keyset(select(told), order, request.page))).all()
    return page([Moment(*row) for row in rows], order, request.page)


async def length(session: AsyncSession, connection_id: UUID) -> int:
    """How long the list is."""
    told = union_all(*_logs(session, TimelineRequest(connection_id, PageRequest()))).subquery("told")
    return int(await session.scalar(select(func.count()).select_from(told)) or 0)


def _newest_first(columns: ColumnCollection[str, Any]) -> tuple[Sort, Sort]:
    return Sort(columns["at"], descending=True), Sort(columns["place"], descending=True)


def _logs(session: AsyncSession, request: TimelineRequest) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    tenant = tenant_of(session)
    happened = select(
        EventRow.at.label("at"),
        func.lpad(cast(EventRow.seq, String), 20, "0", type_=String()).label("place"),
        EventRow.type.label("what"),
        true().label("ok"),
        EventRow.changes.label("details"),
        EventRow.actor.label("by"),
    ).where(EventRow.tenant_id == tenant, EventRow.subject_id == request.connection_id)
    seen = select(
        ConnectionCheck.at.label("at"),
        cast(ConnectionCheck.id, String).label("place"),
        ConnectionCheck.what,
        ConnectionCheck.ok,
        func.coalesce(ConnectionCheck.fault, func.jsonb_build_object()).label("details"),
        literal("").label("by"),
    ).where(ConnectionCheck.tenant_id == tenant, ConnectionCheck.connection_id == request.connection_id)
    return happened, seen
