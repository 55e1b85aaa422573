"""The commands for dead letters: failed jobs that nobody has taken up or let go. The same flows as the API's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.posts.schedule import window
from app.boot import surroundings
from app.cli import durations
from app.cli.jobs import ACTOR, JobId, Json, Tenant, Zone, as_json, key_of, print_story
from app.cli.tenants import database, tenant_of
from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.pages import JobOrder, jobs_page
from app.domain.jobs.selection import Selection
from app.domain.posts.planned_time import from_instant, usable
from app.flows.bulk.answer import Answer, Place, Request, Verb
from app.flows.bulk.pages import run
from app.flows.bulk.replay import Replay, Time
from app.flows.bulk.waiting import Discard
from app.kernel.settings import Settings
from app.services import events
from app.services.db import Database
from app.services.paging import PageRequest
from connectors.catalog import Catalog

app = typer.Typer(help="Dead letters: failed jobs that nobody has taken up or let go.", no_args_is_help=True)

Jobs = Annotated[list[str] | None, typer.Argument(help="These jobs; without any: all that the options leave.")]
Faults = Annotated[list[str] | None, typer.Option("--fault", help="Of this kind; may be given several times.")]
Platforms = Annotated[list[str] | None, typer.Option("--platform", help="For this platform; several times too.")]
Since = Annotated[str | None, typer.Option("--since", help="Failed since then: 2h, 3d, or an instant.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")]
Discarded = Annotated[bool, typer.Option("--discarded", help="Those that were taken off the list instead.")]
Rate = Annotated[str, typer.Option("--rate", help="How fast: 5/s, 30/m, 100/h. They are spread.")]
At = Annotated[str | None, typer.Option("--at", help="A new planned time, for those whose window is over.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only look: the same verdicts, and nothing is changed.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the audit log.")]


@app.command(name="list")
def list_letters(
    tenant: Tenant,
    fault: Faults = None,
    platform: Platforms = None,
    since: Since = None,
    limit: Limit = 100,
    discarded: Discarded = False,
    json: Json = False,
) -> None:
    """List dead letters, the latest first."""
    wanted = _wanted(fault, platform, since, discarded=discarded)
    with surroundings.attached() as settings:
        found = surroundings.run(_list(settings, tenant, wanted, limit))
    if json:
        typer.echo(as_json([_row(job) for job in found]))
        return
    for job in found:
        fault_of = job.fault or {"kind": "unknown", "message": ""}
        failed = f"{job.failed_at:%Y-%m-%d %H:%M:%S}" if job.failed_at else "-"
        typer.echo(f"{job.id}  {job.platform}  {failed}  {fault_of['kind']}  {fault_of['message']}".rstrip())


@app.command()
def show(tenant: Tenant, job: JobId, zone: Zone = None, json: Json = False) -> None:
    """Tell the whole life of a dead letter, and what can be done."""
    print_story(tenant, job, zone, json=json)


@app.command()
def replay(
    tenant: Tenant,
    jobs: Jobs = None,
    *,
    fault: Faults = None,
    platform: Platforms = None,
    since: Since = None,
    rate: Rate = "5/s",
    at: At = None,
    dry_run: Dry = False,
    json: Json = False,
) -> None:
    """Take dead letters up again: those that nothing stands against today, spread over time."""
    now = datetime.now(UTC)
    selection = _selection(jobs, _wanted(fault, platform, since))
    with surroundings.attached() as settings:
        time = None
        if at is not None:
            due_at = max(usable(from_instant(durations.since(at, now)), now).at, now)
            time = Time(due_at, window(due_at, None, settings.timing), at)
        verb = Replay(Catalog.load(settings.connectors), now, time, durations.rate(rate))
        _report(surroundings.run(_every_page(settings, tenant, selection, verb, dry_run=dry_run)), json=json)


@app.command()
def discard(
    tenant: Tenant,
    jobs: Jobs = None,
    *,
    fault: Faults = None,
    platform: Platforms = None,
    since: Since = None,
    reason: Why = "",
    dry_run: Dry = False,
    json: Json = False,
) -> None:
    """Take dead letters off the list. They stay failed, and a replay takes them up after all."""
    selection = _selection(jobs, _wanted(fault, platform, since))
    verb = Discard(datetime.now(UTC), reason[:500])
    with surroundings.attached() as settings:
        _report(surroundings.run(_every_page(settings, tenant, selection, verb, dry_run=dry_run)), json=json)


def _wanted(
    faults: Sequence[str] | None, platforms: Sequence[str] | None, since: str | None, *, discarded: bool = False
) -> JobFilter:
    return JobFilter(
        fault_kinds=tuple(faults) if faults else None,
        platforms=tuple(platforms) if platforms else None,
        failed_from=None if since is None else durations.since(since, datetime.now(UTC)),
        discarded=discarded,
    )


def _selection(jobs: Sequence[str] | None, wanted: JobFilter) -> Selection:
    return Selection(ids=tuple(dict.fromkeys(map(key_of, jobs)))) if jobs else Selection(wanted)


async def _list(settings: Settings, tenant: str, wanted: JobFilter, limit: int) -> list[Job]:
    order = JobOrder.DUE_LAST if wanted.failed_from is None else JobOrder.FAILED_LAST
    found: list[Job] = []
    after: str | None = None
    async with _workspace(settings, tenant) as (db, key), db.read(key) as session:
        while len(found) < limit:
            request = PageRequest(first=min(100, limit - len(found)), after=after)
            page = await jobs_page(session, wanted, order, request)
            found += page.rows
            after = page.end
            if not page.has_next:
                break
    return found


async def _every_page(
    settings: Settings, tenant: str, selection: Selection, verb: Verb, *, dry_run: bool
) -> list[Answer]:
    """Page after page, each in a transaction of its own: what is done is done, wherever it stops."""
    answers: list[Answer] = []
    async with _workspace(settings, tenant) as (db, key):
        while True:
            async with db.transaction(key) as session:
                answers.append(await _page(session, selection, verb, dry_run=dry_run))
            if answers[-1].cursor is None:
                return answers
            selection = replace(selection, after=Place.read(answers[-1].cursor).after)


async def _page(session: AsyncSession, selection: Selection, verb: Verb, *, dry_run: bool) -> Answer:
    events.act_as(session, ACTOR)
    seen = None
    if verb.preview and selection.wanted is not None and not dry_run:
        # Counted in the transaction that changes: an operator says what is meant by options, not by a number.
        seen = (await run(session, Request(selection, dry_run=True), verb)).matched
    return await run(session, Request(selection, dry_run, seen), verb)


@asynccontextmanager
async def _workspace(settings: Settings, tenant: str) -> AsyncIterator[tuple[Database, UUID]]:
    async with database(settings) as db:
        yield db, await tenant_of(db, tenant)


def _report(answers: Sequence[Answer], *, json: bool) -> None:
    taken = [one for answer in answers for one in answer.taken]
    left = [one for answer in answers for one in answer.refused]
    dry = any(answer.dry_run for answer in answers)
    if json:
        told = {
            "dryRun": dry,
            "changed": [{**_row(one.job), "at": one.at} for one in taken],
            "refused": [
                {**_row(one.job), "reason": one.reason.value, "message": one.message, "hint": one.hint} for one in left
            ],
        }
        typer.echo(as_json(told))
        return
    for one in taken:
        typer.echo(f"{one.job.id}  {'would be changed' if dry else 'changed'}  {one.at or ''}".rstrip())
    for refusal in left:
        typer.echo(f"{refusal.job.id}  left: {refusal.reason.value}  {refusal.message} {refusal.hint}")
    typer.echo(f"{len(taken)} {'would be changed' if dry else 'changed'}, {len(left)} left.", err=True)


def _row(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "postId": job.post_id,
        "connectionId": job.connection_id,
        "platform": job.platform,
        "state": job.state.value,
        "dueAt": job.due_at,
        "failedAt": job.failed_at,
        "discardedAt": job.discarded_at,
        "fault": job.fault,
    }
