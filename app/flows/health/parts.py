"""The parts of the installation: how each is, since when, and the numbers that say so.

Promise: each part has `PATIENCE` seconds to answer, all at the same time, so that a look never hangs. Since when a part
is as it is stands in the database and survives restarts; while the database is away nobody can tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.actions.parts.note import note
from app.domain.processes import queries as processes
from app.domain.processes.queries import Presence
from app.flows.health.model import Check, Evidence, HealthState
from app.flows.runtime import Runtime
from app.flows.upkeep.heartbeat import stall
from app.flows.upkeep.presence import BEAT
from app.services import outbox, schema
from app.services.storage import StorageError

T = TypeVar("T")
PATIENCE = 1.0
"""Seconds that each part has to answer."""
ALIVE = timedelta(seconds=3 * BEAT)
"""A process that gave no sign of life for this long is not counted."""
BUS_SILENCE = 6.0
"""Seconds without any message, our own beat included, after which the bus counts as broken."""
OFF = 2.0
"""Seconds by which the clocks of this machine and of the database may differ."""
MAIL_PATIENCE = timedelta(minutes=10)
"""How long a mail may wait before somebody should look."""
ROLES = ("api", "worker", "scheduler")
NAMES = {"api": "api", "worker": "workers", "scheduler": "schedulers"}
AWAY = (TimeoutError, SQLAlchemyError, OSError)
PROBE = "health/probe"
"""The name of a file that is asked for and not there."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What one look has found."""

    checks: Sequence[Check]
    running: dict[str, int]
    """Living processes, by role."""

    @property
    def database(self) -> bool:
        """Whether the database answers."""
        return any(one.name == "database" and one.state is not HealthState.DOWN for one in self.checks)


async def look(rt: Runtime) -> Parts:
    """Look at every part, and note what has changed."""
    asked = {
        "database": _database,
        "migrations": _migrations,
        "redis": _redis,
        "storage": _storage,
        "clock": _clock,
    }
    if rt.settings.mails:
        asked["mail"] = _mail
    answers = asyncio.gather(*(_timed(rt, name, ask) for name, ask in asked.items()))
    checks, seen, moving = await asyncio.gather(answers, within(_present(rt)), within(_moving(rt)))
    known = seen or {}
    checks += [_bus(rt), *(_role(rt, role, known.get(role)) for role in ROLES), *([] if moving is None else [moving])]
    since = await within(_noted(rt, checks)) if checks[0].state is not HealthState.DOWN else None
    if since is not None:
        checks = [replace(one, since=one.since or since[one.name]) for one in checks]
    return Parts(checks, {role: one.count for role, one in known.items()})


async def within(work: Awaitable[T], patience: float = PATIENCE) -> T | None:
    """What comes of it; None where that takes too long or the database is away."""
    try:
        async with asyncio.timeout(patience):
            return await work
    except AWAY:
        return None


async def _noted(rt: Runtime, checks: Sequence[Check]) -> dict[str, datetime]:
    async with rt.db.system() as session:
        return await note(session, {one.name: one.state.value for one in checks})


async def _timed(rt: Runtime, name: str, ask: Callable[[Runtime], Awaitable[Check]]) -> Check:
    """Ask one part, and measure how long it takes."""
    start = rt.clock.boottime()
    try:
        async with asyncio.timeout(PATIENCE):
            found = await ask(rt)
    except (*AWAY, RedisError, StorageError) as error:
        return Check(name, HealthState.DOWN, f"It does not answer ({type(error).__name__}).")
    seconds = rt.clock.boottime() - start
    return replace(found, seconds=seconds, evidence=(Evidence("answered_in", seconds, "seconds"), *found.evidence))


async def _database(rt: Runtime) -> Check:
    async with rt.db.system() as session:
        started, now = (await session.execute(select(func.pg_postmaster_start_time(), func.clock_timestamp()))).one()
    up = Evidence("up_for", (now - started).total_seconds(), "seconds")
    return Check("database", HealthState.OK, "It answers.", evidence=(up,))


async def _migrations(rt: Runtime) -> Check:
    wanted = await asyncio.to_thread(schema.head)
    async with rt.db.system() as session:
        found = await schema.current(session)
    if found != wanted:
        message = f"The schema is at {found or 'nothing'}, this release needs {wanted}: run `postd migrate`."
        return Check("migrations", HealthState.DEGRADED, message)
    return Check("migrations", HealthState.OK, f"The schema is at {found}.")


async def _redis(rt: Runtime) -> Check:
    await rt.redis.ping()
    return Check("redis", HealthState.OK, "It answers.")


async def _storage(rt: Runtime) -> Check:
    await rt.store.exists(PROBE)
    return Check("storage", HealthState.OK, "It answers.")


async def _clock(rt: Runtime) -> Check:
    before = rt.clock.now()
    theirs = await rt.db.now()
    ahead = (before + (rt.clock.now() - before) / 2 - theirs).total_seconds()
    evidence = (Evidence("ahead_of_database", ahead, "seconds"),)
    if abs(ahead) > OFF:
        message = f"This machine's clock and the database's differ by {abs(ahead):.0f} seconds: set them by NTP."
        return Check("clock", HealthState.DEGRADED, message, evidence=evidence)
    return Check("clock", HealthState.OK, "It agrees with the database's.", evidence=evidence)


async def _mail(rt: Runtime) -> Check:
    """Whether mail goes out; whether its server takes any says `postd doctor`."""
    async with rt.db.system() as session:
        left = await outbox.waiting(session)
    evidence = [Evidence("waiting", left.count, "mails")]
    if left.oldest is None:
        return Check("mail", HealthState.OK, "None waits.", evidence=tuple(evidence))
    age = max(timedelta(), rt.clock.now() - left.oldest)
    evidence.append(Evidence("oldest_waits", age.total_seconds(), "seconds"))
    if age > MAIL_PATIENCE:
        message = f"Mail is not sent: {left.problem or 'no worker takes it'}. `postd doctor` asks its server."
        return Check("mail", HealthState.DEGRADED, message, evidence=tuple(evidence))
    return Check("mail", HealthState.OK, "It goes out.", evidence=tuple(evidence))


def _bus(rt: Runtime) -> Check:
    age = rt.bus.age
    heard = () if age is None else (Evidence("heard_ago", age, "seconds"),)
    if age is None or age > BUS_SILENCE:
        message = "It is silent: live pages are late until Redis is back."
        return Check("bus", HealthState.DEGRADED, message, evidence=heard)
    return Check("bus", HealthState.OK, "It speaks.", age, evidence=heard)


async def _present(rt: Runtime) -> dict[str, Presence]:
    async with rt.db.system() as session:
        return await processes.seen(session, ALIVE)


def _role(rt: Runtime, role: str, seen: Presence | None) -> Check:
    name = NAMES[role]
    if seen is None:
        message = f"No {role} is running: posts wait. Start one with `postd {role}`."
        if role == "api":
            message = "No API has given a sign of life. Start one with `postd api`."
        return Check(name, HealthState.DOWN, message, evidence=(Evidence("running", 0, "processes"),))
    ago = max(0.0, (rt.clock.now() - seen.last).total_seconds())
    evidence = (Evidence("running", seen.count, "processes"), Evidence("seen_ago", ago, "seconds"))
    return Check(name, HealthState.OK, f"{seen.count} running.", evidence=evidence)


async def _moving(rt: Runtime) -> Check:
    async with rt.db.system() as session:
        found = await stall(session, rt.clock.now(), rt.settings.timing)
    if found is not None:
        return Check("publishing", HealthState.DOWN, found.message, since=found.waiting_since)
    return Check("publishing", HealthState.OK, "What is due is claimed.")
