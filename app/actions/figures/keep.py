"""Keep what a look has brought: snapshots, the newest figures, and the next moment.

Promise: only the run that holds the connection's clock writes; a run that lost it, or whose connection was
disconnected meanwhile, leaves nothing. The same figure of the same moment is kept once; a restated one is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.figures.claim import DuePost
from app.domain.figures.model import Collection, CollectionRun, PostFigures, Snapshot, Source
from app.domain.figures.schedule import next_look
from app.services import events
from app.services.db import tenant_of
from connectors.contract import Metrics

UPDATED = "analytics.updated"
"""The event's type: figures of a connection came in. One a run, not one a figure."""


class RunLost(Exception):
    """The run does not hold the clock any more: its lease ended, or the connection was disconnected."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that writes."""

    id: UUID
    connection_id: UUID
    now: datetime
    place: float
    """The connection's place in the day."""


async def keep_posts(session: AsyncSession, run: Run, asked: Sequence[DuePost], told: Sequence[Metrics]) -> int:
    """Keep the figures of posts that were asked for; gives how many figures that were.

    Raises:
        RunLost: nothing was written.
    """
    await _hold(session, run)
    found, rows = {one.ref: one for one in told}, list[dict[str, Any]]()
    for post in asked:
        row, metrics = post.row, found.get(post.ref.id)
        values: dict[str, Any] = {"due_at": next_look(row.published_at, run.now, run.place)}
        if metrics is None:
            values["missing_since"] = func.coalesce(PostFigures.missing_since, run.now)
        else:
            values |= {"measured_at": metrics.at, "complete": metrics.complete, "missing_since": None}
            # What was left out this time keeps its older figure, and the row says that it is not complete.
            values["figures"] = {**row.figures, **metrics.values}
            rows += _snapshots(run, row.part_id, metrics, Source.POLL)
        mine = (PostFigures.tenant_id == tenant_of(session), PostFigures.part_id == row.part_id)
        await session.execute(
            update(PostFigures).where(*mine).values(values).execution_options(synchronize_session=False)
        )
    await _count(session, run, rows, missing=sum(post.ref.id not in found for post in asked))
    return len(rows)


async def keep_account(
    session: AsyncSession, run: Run, told: Metrics, *, kept: Mapping[str, int], due_at: datetime
) -> int:
    """Keep the account's figures; those of `kept` also as snapshots.

    Raises:
        RunLost: nothing was written.
    """
    known = await _hold(session, run)
    rows = _snapshots(run, run.connection_id, Metrics(told.ref, kept, told.at, told.complete), Source.POLL)
    values = {"figures": {**known.figures, **told.values}, "measured_at": told.at, "complete": told.complete}
    await _change(session, run, account_due_at=due_at, **values)
    await _count(session, run, rows)
    return len(rows)


async def keep_days(
    session: AsyncSession, run: Run, days: Sequence[Metrics], *, source: Source, since: datetime, until: datetime
) -> int:
    """Keep an account's days within a time, and that this time is known now.

    Raises:
        RunLost: nothing was written.
    """
    known = await _hold(session, run)
    rows = [row for day in days for row in _snapshots(run, run.connection_id, day, source)]
    begins = since if known.history_from is None else min(known.history_from, since)
    ends = until if known.history_until is None else max(known.history_until, until)
    await _change(session, run, history_from=begins, history_until=ends)
    await _count(session, run, rows)
    return len(rows)


async def end(
    session: AsyncSession, run: Run, *, next_at: datetime, failures: int, error: Mapping[str, Any] | None, told: bool
) -> None:
    """Let the connection's clock go, with the next moment; `told`: a run was written down.

    Raises:
        RunLost: nothing was written.
    """
    await _hold(session, run)
    await _change(session, run, run_id=None, lease_until=None, next_collect_at=next_at, failures=failures)
    if not told:
        return
    mine = (CollectionRun.tenant_id == tenant_of(session), CollectionRun.id == run.id)
    query = update(CollectionRun).where(*mine).values(ended_at=func.clock_timestamp(), error=error)
    row = await session.scalar(query.returning(CollectionRun).execution_options(populate_existing=True))
    if row is not None and row.records:
        changes = {"connection": str(run.connection_id), "source": row.source, "records": row.records}
        events.record(session, events.Event(UPDATED, "figures", run.id, changes))


async def _hold(session: AsyncSession, run: Run) -> Collection:
    mine = (Collection.tenant_id == tenant_of(session), Collection.connection_id == run.connection_id)
    query = select(Collection).where(*mine, Collection.run_id == run.id).with_for_update()
    found: Collection | None = await session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise RunLost
    return found


async def _change(session: AsyncSession, run: Run, **values: Any) -> None:
    mine = (Collection.tenant_id == tenant_of(session), Collection.connection_id == run.connection_id)
    await session.execute(update(Collection).where(*mine).values(values).execution_options(synchronize_session=False))


async def _count(session: AsyncSession, run: Run, rows: Sequence[dict[str, Any]], *, missing: int = 0) -> None:
    """Write the snapshots, and add them to the run."""
    tenant = tenant_of(session)
    if rows:
        query = insert(Snapshot).values([{**row, "tenant_id": tenant} for row in rows])
        again = {name: getattr(query.excluded, name) for name in ("value", "source", "complete")}
        key = ["tenant_id", "subject_id", "metric", "at"]
        await session.execute(query.on_conflict_do_update(index_elements=key, set_=again))
    mine = (CollectionRun.tenant_id == tenant, CollectionRun.id == run.id)
    added = {"records": CollectionRun.records + len(rows), "missing": CollectionRun.missing + missing}
    await session.execute(update(CollectionRun).where(*mine).values(added).execution_options(synchronize_session=False))


def _snapshots(run: Run, subject: UUID, told: Metrics, source: Source) -> list[dict[str, Any]]:
    same = {"subject_id": subject, "connection_id": run.connection_id, "at": told.at, "source": source}
    return [{**same, "metric": name, "value": value, "complete": told.complete} for name, value in told.values.items()]
