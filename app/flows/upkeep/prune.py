"""Delete rows that have had their time, in small batches with pauses, so that tables stay small and nobody waits.

What decides is the age of each table's rows, by a setting of its own. What is still needed stays, however old: tries
of jobs that are not final, and of failed ones, whose tries prove what was sent; deliveries that nobody has processed.
Events go from the oldest on and never out of the middle, so that a subscriber whose cursor is too old is told so and
skips nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.audit.model import AuditEntry
from app.domain.connections.flow_model import OAuthFlow
from app.domain.connections.model import ConnectionCheck
from app.domain.figures.model import CollectionRun, Snapshot
from app.domain.jobs.model import Job, JobAttempt
from app.domain.jobs.states import JobState
from app.domain.people.link_model import Invitation, PasswordReset
from app.domain.people.session_model import Session
from app.domain.processes.model import Process
from app.domain.punctuality.model import Punctuality
from app.domain.webhooks.model import WebhookDelivery, WebhookShare
from app.domain.webhooks.states import DeliveryState
from app.kernel import metrics
from app.kernel.timing import Timing
from app.services.db import Database
from app.services.events import EventRow
from app.services.idempotency import IdempotencyKey
from app.services.outbox import Mail
from app.services.tables import Table

BATCH = 2000
"""Rows that are deleted by one transaction."""
PAUSE = 0.05
"""Seconds between two batches."""
FLOWS_KEPT = timedelta(days=1)
ENDED_SESSIONS_KEPT = timedelta(days=7)
LINKS_KEPT = timedelta(days=30)
"""Invitations, resets and the mail that carried them: they tell the operator what became of one."""
GONE = timedelta(minutes=2)
"""A process without a sign of life for this long has ended."""
SLACK = timedelta(days=1)
"""How far behind pruning may be before the operator is told."""
# A clock that was set back leaves a younger event before an older one: the older one then waits for it.
EVENTS = text(
    """
    DELETE FROM events USING (
        SELECT tenants.id, coalesce(
            (SELECT seq FROM events WHERE tenant_id = tenants.id AND at > :until ORDER BY seq LIMIT 1), event_seq + 1
        ) AS first FROM tenants
    ) AS kept
    WHERE events.tenant_id = kept.id AND events.seq < kept.first AND events.at <= :until
    """
)
ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('retention', 0))")


@dataclass(frozen=True, slots=True)
class Kept:
    """Which rows of a table are kept for how long."""

    table: str
    at: InstrumentedAttribute[Any]
    """What tells a row's age; indexed."""
    kept: Callable[[Timing], timedelta]
    only: ColumnElement[bool] | None = None
    """Which rows go at all; None: every one."""

    def old(self, before: datetime) -> tuple[ColumnElement[bool], ...]:
        """The rows that are older than that."""
        return (self.at < before, *self.narrowed)

    @property
    def narrowed(self) -> tuple[ColumnElement[bool], ...]:
        """The condition that says which rows go at all."""
        return () if self.only is None else (self.only,)

    @property
    def model(self) -> type[Table]:
        """The table's class."""
        return cast("type[Table]", self.at.class_)


def _seconds(name: str) -> Callable[[Timing], timedelta]:
    return lambda timing: timedelta(seconds=getattr(timing, name))


D = WebhookDelivery
ENDED = select(Job.id).where(
    Job.tenant_id == JobAttempt.tenant_id,
    Job.id == JobAttempt.job_id,
    Job.state.in_((JobState.PUBLISHED, JobState.CANCELLED)),
)
TABLES: Sequence[Kept] = (
    Kept("events", EventRow.at, _seconds("event_retention")),
    Kept("idempotency_keys", IdempotencyKey.created_at, _seconds("key_retention")),
    Kept("job_attempts", JobAttempt.started_at, _seconds("attempt_retention"), ENDED.exists()),
    Kept("audit_log", AuditEntry.at, _seconds("audit_retention")),
    Kept("connection_checks", ConnectionCheck.at, _seconds("check_retention")),
    Kept("oauth_flows", OAuthFlow.expires_at, lambda _: FLOWS_KEPT),
    Kept(
        "webhook_deliveries",
        D.received_at,
        _seconds("webhook_retention"),
        D.state.in_((DeliveryState.DONE, DeliveryState.DEAD)),
    ),
    Kept("webhook_deliveries", D.updated_at, _seconds("webhook_orphan_retention"), D.state == DeliveryState.ORPHAN),
    Kept("webhook_shares", WebhookShare.received_at, _seconds("webhook_retention")),
    Kept("sessions", Session.expires_at, lambda _: ENDED_SESSIONS_KEPT),
    Kept("invitations", Invitation.expires_at, lambda _: LINKS_KEPT),
    Kept("password_resets", PasswordReset.expires_at, lambda _: LINKS_KEPT),
    Kept("mails", Mail.created_at, lambda _: LINKS_KEPT, Mail.wake_at.is_(None)),
    Kept("punctuality", Punctuality.at, lambda timing: timing.objective_span + SLACK),
    Kept("figure_snapshots", Snapshot.at, _seconds("figures_retention")),
    Kept("collection_runs", CollectionRun.started_at, _seconds("figures_run_retention")),
    Kept("processes", Process.seen_at, lambda _: GONE),
)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows of a table went, or would go."""

    table: str
    rows: int


async def prune(db: Database, timing: Timing, *, batch: int = BATCH, pause: float = PAUSE) -> list[Pruned]:
    """Delete what has had its time, table by table; nothing of a table that another process prunes right now."""
    done = []
    for kept in TABLES:
        rows = await _prune(db, kept, timing, batch, pause)
        metrics.PRUNED.labels(table=kept.table).inc(rows)
        done.append(Pruned(kept.table, rows))
    return _summed(done)


async def old_rows(db: Database, timing: Timing, *, behind: timedelta = timedelta()) -> list[Pruned]:
    """How many rows have had their time, by at least as much as `behind`; nothing is changed."""
    found = []
    for kept in TABLES:
        async with db.system() as session:
            before = await _before(session, kept, timing) - behind
            query = select(func.count()).select_from(kept.model).where(*kept.old(before))
            found.append(Pruned(kept.table, int(await session.scalar(query) or 0)))
    return _summed(found)


async def _prune(db: Database, kept: Kept, timing: Timing, batch: int, pause: float) -> int:
    rows, more = 0, True
    while more:
        async with db.system() as session:
            if not await session.scalar(ALONE):
                return rows
            before = await _before(session, kept, timing)
            oldest = select(kept.at).where(*kept.old(before)).order_by(kept.at).offset(batch - 1).limit(1)
            until = await session.scalar(oldest)
            gone = await _delete(session, kept, before if until is None else until)
        rows += gone
        more = until is not None and gone > 0
        if more:
            await asyncio.sleep(pause)
    return rows


async def _delete(session: AsyncSession, kept: Kept, until: datetime) -> int:
    if kept.model is EventRow:
        result = await session.execute(EVENTS, {"until": until})
    else:
        query = delete(kept.model).where(kept.at <= until, *kept.narrowed)
        result = await session.execute(query.execution_options(synchronize_session=False))
    return result.rowcount if isinstance(result, CursorResult) else 0


async def _before(session: AsyncSession, kept: Kept, timing: Timing) -> datetime:
    moment: datetime = (await session.execute(select(func.clock_timestamp() - kept.kept(timing)))).scalar_one()
    return moment


def _summed(found: Sequence[Pruned]) -> list[Pruned]:
    rows: dict[str, int] = {}
    for one in found:
        rows[one.table] = rows.get(one.table, 0) + one.rows
    return [Pruned(table, count) for table, count in rows.items()]
