"""`postd health`: the parts of the installation, accounts, platforms and what is due, with the API's own numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from app.boot import surroundings
from app.cli.tenants import tenant_of
from app.domain.jobs.outcomes import Outcomes
from app.domain.jobs.states import JobState
from app.flows.health.figures import Figures
from app.flows.health.model import Check, HealthState, Queue
from app.flows.health.parts import look
from app.flows.health.read import figures, read_health, read_installation, upcoming
from app.flows.health.readiness.model import Outlook
from app.flows.runtime import Runtime, running
from app.kernel import ids
from app.kernel.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON object for programs.")]
Only = Annotated[str | None, typer.Option("--tenant", help="The figures of this workspace, by its short name.")]
LISTEN = 3.0
"""Seconds in which this process must hear the bus: it has just begun to listen."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is printed; a part is None where counting took too long or the database is away."""

    checks: Sequence[Check]
    queue: Queue | None
    figures: Figures | None
    outlook: Outlook | None
    """Of one workspace only."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(health)


def health(json: Json = False, tenant: Only = None) -> None:
    """Tell how the installation is, or one workspace of it; exit 1 when a part is down."""
    with surroundings.attached() as settings:
        told = surroundings.run(_told(settings, tenant))
    if json:
        typer.echo(orjson.dumps(_as_json(told), option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())
    else:
        for line in _lines(told):
            typer.echo(line)
    if any(one.state is HealthState.DOWN for one in told.checks):
        raise typer.Exit(1)


async def _told(settings: Settings, slug: str | None) -> Told:
    async with running(settings, name="postd-health") as rt:
        await _heard(rt)
        if slug is None:
            parts, whole, counted = await asyncio.gather(look(rt), read_installation(rt), figures(rt, None))
            return Told(parts.checks, None if whole is None else whole.queue, counted, None)
        tenant: UUID = await tenant_of(rt.db, slug)
        seen, counted, outlook = await asyncio.gather(
            read_health(rt, tenant), figures(rt, tenant), upcoming(rt, tenant)
        )
        return Told(seen.checks, seen.queue, counted, outlook)


async def _heard(rt: Runtime) -> None:
    """Wait until this process has heard the bus, which wakes everybody when it is connected."""
    with rt.bus.watch(ids.new()) as watch:
        if rt.bus.age is None:
            await watch.changed(LISTEN)


def _lines(told: Told) -> Iterator[str]:
    for one in told.checks:
        since = "" if one.since is None else f" (since {one.since:%Y-%m-%d %H:%M:%S} UTC)"
        yield f"{one.state.value:8}  {one.name}: {one.message}{since}"
    if told.queue is not None:
        oldest = told.queue.oldest_due_at
        letters = f"dead letters: {told.queue.dead_letters}"
        due = "nothing is due" if oldest is None else f"oldest due {oldest:%Y-%m-%d %H:%M:%S} UTC"
        yield f"jobs: {_counts({state: told.queue.depth.get(state, 0) for state in JobState})}; {due}; {letters}"
    if told.figures is not None:
        seen = told.figures.connections
        ends = f"access ends within 24 h: {seen.expiring_day}, within 7 d: {seen.expiring_week}"
        yield f"connections: {_counts(seen.by_state)}; {ends}; failed renewals in 24 h: {seen.failed_refreshes}"
        for key, lately in sorted(told.figures.platforms.items()):
            yield f"{key}: last hour {_rate(lately.hour)}; last 24 h {_rate(lately.day)}"
    if told.outlook is not None:
        more = "" if told.outlook.complete else "; more are due than were looked at"
        yield f"due within 24 h: {_counts(told.outlook.counts)}{more}"


def _counts(by: Mapping[Any, int]) -> str:
    return ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in by.items())


def _rate(seen: Outcomes) -> str:
    if seen.rate is None:
        return "no try"
    faults = "".join(f", {count} {kind}" for kind, count in sorted(seen.faults.items()))
    took = "" if seen.p50 is None else f", p50 {seen.p50:.1f} s, p95 {seen.p95:.1f} s"
    return f"{seen.succeeded} of {seen.succeeded + seen.failed} succeeded{faults}{took}"


def _as_json(told: Told) -> dict[str, Any]:
    queue, counted, outlook = told.queue, told.figures, told.outlook
    return {
        "checks": told.checks,
        "queue": queue
        and {
            "depth": {state: queue.depth.get(state, 0) for state in JobState},
            "oldest_due_at": queue.oldest_due_at,
            "dead_letters": queue.dead_letters,
            "scheduler_lag": queue.scheduler_lag.total_seconds(),
        },
        "connections": counted and counted.connections,
        "platforms": counted and counted.platforms,
        "allowances": counted and counted.allowances,
        "readiness": outlook,
    }
