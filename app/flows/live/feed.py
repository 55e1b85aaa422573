"""A live feed: the state of what is not final first, then every change in order, each with its place in the log.

    wake-ups are listened to -> the state and its number are read in one transaction -> events behind that number

so that nothing is missed and nothing comes twice. A subscriber is a number that reads PostgreSQL: no session is held
while it waits, nothing is queued for it, and a slow one costs a task and no memory. A lost wake-up costs time only:
a feed also looks by itself now and then.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.flows.live.course import Course
from app.flows.runtime import Runtime
from app.kernel.errors import DomainError
from app.services import events
from app.services.events import EventRow

Row = TypeVar("Row")

MAX_STATE = 500
"""How many things a feed shows at its start."""
BATCH = 100
"""How many events are read at once."""


STATE_AGAIN = -1
"""The place of a client that has seen a part of the state only: it resumes with the whole state, as it is then."""


class FilterTooBroad(DomainError):
    """The state is too large to be sent at once. Nothing was sent."""

    code: ClassVar[str] = "FILTER_TOO_BROAD"

    def __init__(self) -> None:
        super().__init__(
            f"More than {MAX_STATE} things match this filter.",
            hint="Narrow the filter, or read the list page by page and subscribe with `after`.",
            path=("filter",),
        )


class CursorExpired(DomainError):
    """Events behind this cursor are not kept any more, so that a resume would miss some."""

    code: ClassVar[str] = "CURSOR_EXPIRED"

    def __init__(self) -> None:
        super().__init__(
            "This cursor is too old: events behind it are not kept any more.",
            hint="Subscribe without `after`: the current state comes first.",
            path=("after",),
        )


@dataclass(frozen=True, slots=True)
class Topic(Generic[Row]):
    """What a feed is about."""

    kind: str | None
    """The kind of the events' subjects; None means every event."""
    state: Callable[[AsyncSession], Awaitable[Sequence[Row]]] | None
    """The things to begin with, up to one more than `MAX_STATE`; None: there is no state, only events."""
    read: Callable[[AsyncSession, Sequence[UUID]], Awaitable[Sequence[Row]]] | None
    """Those of these things that match, as they are now, by `id`; None: the event is the thing."""


@dataclass(frozen=True, slots=True)
class Moment(Generic[Row]):
    """One message of a feed."""

    row: Row
    event: EventRow | None
    seq: int
    """Where to resume behind this message."""
    caught_up: bool


async def refuse_expired(session: AsyncSession, seq: int) -> int:
    """Refuse a number from which the log cannot be read on without a gap; gives the newest number.

    Raises:
        CursorExpired: events behind it were removed, or the log is older than the number (it was restored).
    """
    newest = await events.latest(session)
    if seq > newest or seq < await events.oldest(session) - 1:
        raise CursorExpired
    return newest


async def follow(rt: Runtime, tenant: UUID, topic: Topic[Any], course: Course) -> AsyncGenerator[Moment[Any], None]:
    """The messages of a feed: without end, or up to the newest event where the course does not wait.

    Raises:
        FilterTooBroad, CursorExpired: there is no feed.
    """
    with rt.bus.watch(tenant) as watch:
        resumed = course.seq not in (None, STATE_AGAIN)
        seq, newest, rows = await _begin(rt, tenant, topic, course.seq)
        for number, row in enumerate(rows, start=1):
            whole = number == len(rows)
            course.seq = seq if whole else STATE_AGAIN
            yield Moment(row, None, course.seq, caught_up=whole)
        rows = ()
        course.seq = course.settled = seq
        course.quiet = not course.waits and (not resumed or course.told_by_others(seq, newest))
        while not course.quiet:
            try:
                batch, found, newest = await _next(rt, tenant, topic, seq)
            except PoolTimeout:
                # Too many readers at once: this one is late, and misses nothing.
                await asyncio.sleep(random.uniform(0.1, 1.0))
                continue
            for event in batch:
                course.seq = seq = event.seq
                row = event if topic.read is None else found.get(event.subject_id)
                if row is not None and topic.kind in (None, event.subject_kind):
                    yield Moment(row, event, seq, caught_up=seq >= newest)
            if len(batch) == BATCH:
                course.quiet = not course.waits and course.told_by_others(seq, newest)
                continue
            course.settled = seq
            course.quiet = not course.waits
            if course.waits:
                await watch.changed(rt.settings.timing.feed_poll * random.uniform(0.8, 1.2))


async def _begin(rt: Runtime, tenant: UUID, topic: Topic[Any], after: int | None) -> tuple[int, int, Sequence[Any]]:
    """Where the feed begins, the newest number, and the state where it begins with one."""
    async with rt.db.snapshot(tenant) as session:
        if after is not None and after != STATE_AGAIN:
            return after, await refuse_expired(session, after), ()
        newest = await events.latest(session)
        rows = () if topic.state is None else await topic.state(session)
    if len(rows) > MAX_STATE:
        raise FilterTooBroad
    return newest, newest, rows


async def _next(
    rt: Runtime, tenant: UUID, topic: Topic[Any], seq: int
) -> tuple[Sequence[EventRow], dict[UUID, Any], int]:
    """The next events and the things that they are about, as of one moment."""
    async with rt.db.snapshot(tenant) as session:
        batch = await events.read_after(session, seq, BATCH)
        if not batch:
            # The log is read on without a gap, or the caller is told: retention may have passed a sleeping feed.
            await refuse_expired(session, seq)
            return (), {}, seq
        if batch[-1].seq != seq + len(batch):  # numbers only grow: any hole shows at the end
            raise CursorExpired
        about = {event.subject_id for event in batch if topic.kind in (None, event.subject_kind)}
        rows = await topic.read(session, sorted(about)) if about and topic.read is not None else ()
        newest = await events.latest(session)
    return batch, {row.id: row for row in rows}, newest
