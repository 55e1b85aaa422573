"""One run's calls: pages of posts, the account, days of the past. Each answer is kept before the next call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.actions.figures.claim import due_posts
from app.actions.figures.keep import Run, keep_account, keep_days, keep_posts
from app.domain.breakers.states import Operation, Place
from app.domain.connections.model import Connection
from app.domain.figures.model import Collection, Source
from app.domain.figures.schedule import next_daily
from app.domain.jobs.verdict import NEEDS_TIME
from app.flows.connections.access import ready
from app.flows.limits.pace import of_application
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services.limits import Limit
from connectors.contract import Access, Connector, Context, Remembers
from connectors.faults import Fault, PlatformFault
from connectors.metric_names import METRICS, History, MetricKind, MetricName

LONGEST = 120.0
"""Seconds after which a run asks for no further page; the rest is due for the next one."""
PAGES = (1.0, 10)
"""Pages a second, and at once, that one platform's server is asked for by this installation."""
RESTATED = timedelta(days=2)
"""Platforms tell a day late, or tell it again with other figures, for so long."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a run works with."""

    rt: Runtime
    tenant: UUID
    connection: Connection
    clock: Collection
    run: Run
    source: Source
    connector: Connector

    @property
    def application(self) -> str:
        """The pause that concerns our application at the connection's server, as far as figures go."""
        return pause_of_application(self.connection)


@dataclass(frozen=True, slots=True)
class _Line:
    """An open line to the platform."""

    cx: Context
    access: Access


def pause_of(connection: Connection) -> str:
    """The name of the pause that figures of an account keep."""
    return f"figures:{connection.id}"


def pause_of_application(connection: Connection) -> str:
    """The name of the pause that figures of all accounts on a server keep."""
    return f"figures:{of_application(connection.platform, connection.server)}"


def remembered(connector: Connector) -> History | None:
    """How far back the platform tells an account's days; None where it does not."""
    return connector.capabilities.figures.history if isinstance(connector, Remembers) else None


def backfill_wanted(connector: Connector, clock: Collection, now: datetime) -> bool:
    """Whether days are not known yet that the platform tells: before the first look, or while nobody could look."""
    history = remembered(connector)
    if history is None or clock.history_from is None or clock.history_until is None:
        return False
    return clock.history_until < now - 2 * RESTATED or clock.history_from > now - timedelta(days=history.days)


async def look(this: Look) -> Fault | None:
    """Make the run's calls; gives the fault that ended it early."""
    rt, connection = this.rt, this.connection
    cx = rt.connector_context(connection.platform)
    try:
        line = _Line(cx, await ready(rt, cx, this.tenant, connection.id))
        async with _told(this):
            if this.source is Source.BACKFILL:
                await _backfill(this, line)
                return None
            await _posts(this, line)
            if this.clock.account_due_at <= this.run.now:
                await _account(this, line)
    except PlatformFault as error:
        return error.fault
    return None


@asynccontextmanager
async def _told(this: Look) -> AsyncIterator[None]:
    """Tell the breaker how the calls ended, and keep the pauses that they earned to figures."""
    place = Place(this.connection.platform, this.connection.server, Operation.READ)
    try:
        yield
    except PlatformFault as error:
        fault = error.fault
        await this.rt.weather.saw(place, fault)
        if fault.kind in NEEDS_TIME and fault.retry_after is not None:
            key = this.application if fault.shared else pause_of(this.connection)
            await this.rt.limiter.hold(key, fault.retry_after)
        raise
    await this.rt.weather.saw(place, None)


async def _posts(this: Look, line: _Line) -> None:
    page, until = this.connector.capabilities.figures.page, this.rt.clock.boottime() + LONGEST
    pages = Limit(f"figure_pages:{this.connection.platform}:{this.connection.server}", *PAGES)
    while this.rt.clock.boottime() < until:
        async with this.rt.db.read(this.tenant) as session:
            asked = await due_posts(session, this.connection.id, this.run.now, page)
        if not asked or (await this.rt.limiter.take_all([pages])).time:
            return
        told = await this.connector.metrics(line.cx, line.access, [post.ref for post in asked])
        async with this.rt.db.transaction(this.tenant) as session:
            _count(this, await keep_posts(session, this.run, asked, told))


async def _account(this: Look, line: _Line) -> None:
    told = await this.connector.account_metrics(line.cx, line.access)
    history, now = remembered(this.connector), this.run.now
    if history is not None:
        since = _midnight(now) - timedelta(days=history.page)
        if this.clock.history_until is not None:
            since = this.clock.history_until - RESTATED
        await _days(this, line, since, min(now, since + RESTATED + timedelta(days=history.page)), Source.POLL)
    # Where days are told, a poll's figure of the last day would count it twice.
    kept = {name: value for name, value in told.values.items() if history is None or not _of_a_day(name)}
    async with this.rt.db.transaction(this.tenant) as session:
        due_at = next_daily(now, this.run.place)
        _count(this, await keep_account(session, this.run, told, kept=kept, due_at=due_at))


async def _backfill(this: Look, line: _Line) -> None:
    """One page of days: first those that were missed since the last look, then older ones, back to the beginning."""
    history, clock, now = remembered(this.connector), this.clock, this.run.now
    if history is None or clock.history_from is None or clock.history_until is None:
        return
    page = timedelta(days=history.page)
    if clock.history_until < now - 2 * RESTATED:
        since = clock.history_until - RESTATED
        await _days(this, line, since, min(now, since + RESTATED + page), Source.BACKFILL)
    else:
        oldest = _midnight(now) - timedelta(days=history.days)
        await _days(this, line, max(clock.history_from - page, oldest), clock.history_from, Source.BACKFILL)


async def _days(this: Look, line: _Line, since: datetime, until: datetime, source: Source) -> None:
    if not isinstance(this.connector, Remembers):
        return
    days = await this.connector.account_history(line.cx, line.access, since, until)
    async with this.rt.db.transaction(this.tenant) as session:
        _count(this, await keep_days(session, this.run, days, source=source, since=since, until=until))


def _count(this: Look, figures: int) -> None:
    metrics.FIGURES.labels(platform=this.connection.platform).inc(figures)


def _of_a_day(name: str) -> bool:
    return METRICS[MetricName(name)].of_account is MetricKind.DELTA


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
