"""How the platforms are: what each process has seen of them, put together, and who may call one now.

Promise: a platform that is unwell is left alone by every process within a second, and one call at a time finds out
whether it is back. Nothing of this is certain knowledge: where the database or Redis cannot be asked, calls go through.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.breakers.trip import Pauses, probe_failed, probe_passed, probe_unused, take_probe, trip
from app.actions.jobs.let_out import let_out
from app.domain.breakers.model import Breaker
from app.domain.breakers.queries import standing
from app.domain.breakers.states import OURS, UNWELL, BreakerState, Place, trips
from app.kernel import metrics
from app.kernel.clock import Clock
from app.kernel.timing import Timing
from app.services.db import Database
from app.services.outcomes import Outcomes
from connectors.faults import Fault

log = structlog.get_logger(__name__)

FRESH = 1.0
"""Seconds for which a process believes what it has read of the breakers."""
EACH_SECOND = 10.0
"""How many of the jobs that waited for a platform go out a second when it is back."""
AWAY = (DBAPIError, PoolTimeout, OSError)


@dataclass(frozen=True, slots=True)
class Held:
    """A breaker that holds something back."""

    breaker: Breaker
    until: datetime | None
    """When to ask again; None where an operator ends it."""


@dataclass(slots=True)
class Entry:
    """What came of going to a platform."""

    held: Held | None = None
    """What holds it back; None: go on."""
    probe: bool = False
    """Whether the call finds out if the platform is back."""
    recovered: bool = False
    """Set as the block ends: the probe passed."""


class Weather:
    """What one process knows of the platforms."""

    def __init__(self, db: Database, outcomes: Outcomes, timing: Timing, clock: Clock) -> None:
        self._db = db
        self._outcomes = outcomes
        self._timing = timing
        self._clock = clock
        self._known: Sequence[Breaker] = ()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._probes: dict[Place, Fault | bool | None] = {}

    @asynccontextmanager
    async def entering(self, place: Place) -> AsyncIterator[Entry]:
        """Go there, or be told what holds it back. What is seen inside of the block may be the probe's answer."""
        held = await self._held(place)
        if held is None or not await self._probing(held):
            yield Entry(held)
            return
        entry, probed = Entry(probe=True), held.breaker.place
        self._probes[probed] = None
        try:
            yield entry
        finally:
            entry.recovered = await self._probed(probed)

    async def clear(self, place: Place) -> bool:
        """Whether nothing holds calls back there: who finds that may go without `entering`."""
        return not any(one.place.covers(place) for one in await self.read())

    async def saw(self, place: Place, fault: Fault | None) -> None:
        """Take note of how a call ended: with this fault, or well."""
        unwell = fault is not None and fault.kind in UNWELL and fault.code not in OURS
        if fault is not None and fault.code in OURS:
            return
        for probed in self._probes:
            if probed.covers(place) and not isinstance(self._probes[probed], Fault):
                self._probes[probed] = fault if unwell else True
        tally = await self._outcomes.add(_key(place), well=not unwell)
        if fault is not None and unwell and tally is not None:
            least = self._timing.breaker_failures
            if trips(tally.well, tally.unwell, least=least) and place not in self._probes:
                await self._trip(place, fault.message)

    async def read(self) -> Sequence[Breaker]:
        """The breakers that are not closed, as of at most a second ago."""
        async with self._reading:  # one look for all that ask meanwhile
            if self._clock.boottime() - self._read_at >= FRESH:
                try:
                    async with self._db.system() as session:
                        self._known = await standing(session)
                except AWAY as error:
                    log.warning("breakers.not_read", error=type(error).__name__)
                self._read_at = self._clock.boottime()
        return self._known

    def forget(self) -> None:
        """Read anew at the next question."""
        self._read_at = float("-inf")

    async def _held(self, place: Place) -> Held | None:
        found = [one for one in await self.read() if one.place.covers(place)]
        if not found:
            return None
        # What an operator has switched off is not probed, whatever else there is.
        breaker = next((one for one in found if one.state is BreakerState.PAUSED), found[0])
        if breaker.next_probe_at is None:
            return Held(breaker, None)
        soon = self._clock.now() + timedelta(seconds=self._timing.breaker_spread / 5)
        spread = timedelta(seconds=random.uniform(0, self._timing.breaker_spread))
        return Held(breaker, max(breaker.next_probe_at, soon) + spread)

    async def _probing(self, held: Held) -> bool:
        due = held.breaker.probe_until or held.breaker.next_probe_at
        if due is None or due > self._clock.now():
            return False
        try:
            async with self._db.system() as session:
                won = await take_probe(session, held.breaker.place, timedelta(seconds=self._timing.lease))
        except AWAY:
            return False
        self.forget()
        return won

    async def _trip(self, place: Place, reason: str) -> None:
        try:
            async with self._db.system() as session:
                opened = await trip(session, place, reason, self._pauses)
        except AWAY as error:
            log.warning("breaker.not_opened", platform=place.platform, error=type(error).__name__)
            return
        await self._outcomes.forget(_key(place))
        self.forget()
        if opened:
            metrics.BREAKERS_OPENED.labels(platform=place.platform, operation=place.operation).inc()
            log.warning("breaker.opened", platform=place.platform, server=place.host, operation=place.operation)

    async def _probed(self, place: Place) -> bool:
        """The probe has ended: with a platform that is unwell, one that answers (True), or without having asked."""
        seen = self._probes.pop(place)
        try:
            async with self._db.system() as session:
                if isinstance(seen, Fault):
                    await probe_failed(session, place, seen.message, self._pauses)
                elif seen:
                    await probe_passed(session, place)
                    waiting = await self.let_out(session, place.platform)
                    log.info("breaker.closed", platform=place.platform, operation=place.operation, waiting=waiting)
                else:
                    await probe_unused(session, place)
        except AWAY as error:
            # The probe's time ends by itself, and another one is made.
            log.warning("breaker.probe_not_kept", platform=place.platform, error=type(error).__name__)
        if seen is True:
            await self._outcomes.forget(_key(place))
        self.forget()
        return seen is True

    async def let_out(self, session: AsyncSession, platform: str) -> int:
        """Let the jobs out that waited for a platform; in the system's transaction that closes the breaker."""
        return await let_out(session, platform, least=self._timing.breaker_spread, each_second=EACH_SECOND)

    @property
    def _pauses(self) -> Pauses:
        return Pauses(self._timing.breaker_pause, self._timing.breaker_pause_cap)


def _key(place: Place) -> str:
    return f"{place.platform}:{place.operation}:{place.host}"
