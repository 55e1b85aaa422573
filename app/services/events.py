"""The event log: what happened to a tenant's things, numbered without gaps, in commit order.

`record` collects events during a transaction; they are written as its very last statement, together with the
tenant's counter row, in the round trip of the commit. So that row's lock is held by the server alone, and it makes the
numbers gapless: a database sequence would hand out numbers before the commit, and a reader would skip those that
commit late (measured). Subscribers read this table from their cursor; the bus only wakes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Index, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.services import direct
from app.services.db import Announce, after_commit, before_commit, tenant_of
from app.services.tables import Table, of_tenant


class EventRow(Table):
    """One event as it is stored."""

    __tablename__ = "events"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    type: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    actor: Mapped[str]
    changes: Mapped[dict[str, Any]]

    __table_args__ = (
        of_tenant(),
        Index("ix_events_tenant_id_subject_id_at", "tenant_id", "subject_id", "at"),
        Index("ix_events_at", "at"),
    )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, named noun.participle: `job.published`."""

    type: str
    subject_kind: str
    subject_id: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    """What changed, without posts and without secrets; of comments and mentions also the words."""


APPEND = """(uuid, int, bytea) AS
    WITH counter AS (
        UPDATE tenants SET event_seq = event_seq + $2 WHERE id = $1 RETURNING event_seq
    )
    INSERT INTO events (tenant_id, seq, at, type, subject_kind, subject_id, actor, changes)
    SELECT $1, counter.event_seq - $2 + item.ordinality, clock_timestamp(), item.type,
           item.subject_kind, item.subject_id, item.actor, item.changes
    FROM counter, ROWS FROM (jsonb_to_recordset(convert_from($3, 'UTF8')::jsonb)
         AS (type text, subject_kind text, subject_id uuid, actor text, changes jsonb)) WITH ORDINALITY AS item
"""


def act_as(session: AsyncSession, actor: str) -> None:
    """Say who acts in this transaction, e.g. `key:<id>`, `worker`, `scheduler`, `platform`."""
    session.info["actor"] = actor


def actor_of(session: AsyncSession) -> str:
    """Who acts in this transaction."""
    actor: str = session.info.get("actor", "system")
    return actor


def record(session: AsyncSession, event: Event) -> None:
    """Write `event` when this transaction commits; nothing is written when it is rolled back."""
    session.info.setdefault("events", []).append(event)
    before_commit(session, "events", _append, last=True)


async def _append(session: AsyncSession) -> None:
    events: list[Event] = session.info.pop("events")
    actor, tenant = actor_of(session), tenant_of(session)
    payload = [
        {
            "type": event.type,
            "subject_kind": event.subject_kind,
            "subject_id": event.subject_id,
            "actor": actor,
            "changes": event.changes,
        }
        for event in events
    ]
    told = orjson.dumps(payload, default=str)
    await direct.with_commit(session, "append_events", APPEND, tenant, len(events), told)
    announce: Announce | None = session.info.get("announce")
    if announce is not None:

        async def tell(_: AsyncSession) -> None:
            await announce(tenant)

        after_commit(session, "announce", tell)


async def forget(session: AsyncSession, subjects: Sequence[UUID]) -> None:
    """Take the words out of events about these subjects; the events stay, so that the numbers have no gap."""
    mine = (EventRow.tenant_id == tenant_of(session), EventRow.subject_id.in_(subjects))
    query = update(EventRow).where(*mine).values(changes={})
    await session.execute(query.execution_options(synchronize_session=False))


async def read_after(session: AsyncSession, seq: int, limit: int) -> Sequence[EventRow]:
    """The next events after a cursor, in order."""
    tenant = tenant_of(session)
    query = select(EventRow).where(EventRow.tenant_id == tenant, EventRow.seq > seq).order_by(EventRow.seq).limit(limit)
    return (await session.scalars(query)).all()


async def read_last(session: AsyncSession, limit: int, after: int, before: int | None) -> Sequence[EventRow]:
    """The newest events between two cursors, the oldest of them first."""
    mine = [EventRow.tenant_id == tenant_of(session), EventRow.seq > after]
    if before is not None:
        mine.append(EventRow.seq < before)
    rows = (await session.scalars(select(EventRow).where(*mine).order_by(EventRow.seq.desc()).limit(limit))).all()
    return rows[::-1]


async def of_subject(session: AsyncSession, subject: UUID, limit: int) -> Sequence[EventRow]:
    """What happened to one thing, oldest first, as far as it is still kept."""
    mine = (EventRow.tenant_id == tenant_of(session), EventRow.subject_id == subject)
    return (await session.scalars(select(EventRow).where(*mine).order_by(EventRow.at, EventRow.seq).limit(limit))).all()


async def latest(session: AsyncSession) -> int:
    """The number of the newest event; 0 before the first."""
    number = await session.scalar(text("SELECT event_seq FROM tenants WHERE id = :t"), {"t": tenant_of(session)})
    return int(number or 0)


async def oldest(session: AsyncSession) -> int:
    """The number of the oldest event that is still kept; the next number where none is."""
    tenant = tenant_of(session)
    number = await session.scalar(text("SELECT min(seq) FROM events WHERE tenant_id = :t"), {"t": tenant})
    return int(number) if number is not None else await latest(session) + 1
