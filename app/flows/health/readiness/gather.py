"""Read what the judge needs of many jobs with a few statements, however many jobs there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.refreshed import SAME_END
from app.actions.posts.compose import problems
from app.actions.posts.rights import missing_rights
from app.domain.breakers.model import Breaker
from app.domain.breakers.states import BreakerState, Operation, Place
from app.domain.connections import queries as connections
from app.domain.connections.model import Connection
from app.domain.connections.states import USABLE
from app.domain.jobs.allowances import Allowance, AppAllowance
from app.domain.jobs.model import Job
from app.domain.jobs.states import WAITING, JobState
from app.domain.jobs.upcoming import Waiting, turns
from app.domain.media import queries as media
from app.domain.media.fitting import fingerprint, fits
from app.domain.media.model import CopyState, MediaDerivative, MediaFile, MediaState
from app.domain.posts.content import media_ids, part_media_ids
from app.domain.rules.queries import quiet_hours
from app.domain.rules.quiet import QuietHours
from app.flows.health.readiness.judge import judge
from app.flows.health.readiness.model import AccountSeen, Facts, Hold, Readiness, Room
from app.flows.health.readiness.room import Line, Owner, Turn, rooms
from app.flows.runtime import Runtime
from app.kernel.late_policy import LatePolicy
from app.services.db import tenant_of
from connectors.catalog import UnknownPlatform
from connectors.contract import Connector, Problem, Severity
from connectors.quotas import QuotaCount, QuotaRule, QuotaScope


@dataclass(frozen=True, slots=True)
class _World:
    """What was read for some jobs."""

    now: datetime
    connections: Mapping[UUID, Connection]
    files: Mapping[UUID, MediaFile]
    copies: Mapping[tuple[UUID, str], MediaDerivative]
    quiet: Mapping[UUID, QuietHours]
    rooms: Mapping[UUID, Room]
    breakers: Sequence[Breaker]


async def foresee(rt: Runtime, tenant: UUID, jobs: Sequence[Job]) -> dict[UUID, Readiness]:
    """The verdicts on those of these jobs that wait, by id."""
    waiting = [job for job in jobs if job.state in WAITING]
    if not waiting:
        return {}
    breakers = await rt.weather.read()
    async with rt.db.read(tenant) as session:
        world = await _known(session, rt, waiting, breakers)
    return {job.id: judge(_facts(rt, job, world)) for job in waiting}


async def _known(session: AsyncSession, rt: Runtime, jobs: Sequence[Job], breakers: Sequence[Breaker]) -> _World:
    now = rt.clock.now()
    rules = {platform: rt.quotas(platform) for platform in {job.platform for job in jobs}}
    before = await _turns(session, jobs, rules)
    accounts = {job.connection_id for job in jobs} | {one.connection_id for one in before}
    known = {row.id: row for row in await connections.by_ids(session, sorted(accounts))}
    quiet = await quiet_hours(session, sorted(accounts))
    shown = sorted({key for job in jobs for key in media_ids(job.content)})
    files = await media.by_ids(session, shown) if shown else []
    copies = await media.copies_of(session, shown) if shown else []
    ledger = await _ledger(session, rules, accounts)
    usable = [one for one in before if known[one.connection_id].state in USABLE]
    taken = [_turn(one, quiet.get(one.connection_id), now) for one in usable]
    return _World(
        now=now,
        connections=known,
        files={row.id: row for row in files},
        copies={(row.media_id, row.rules): row for row in copies},
        quiet=quiet,
        rooms=rooms(taken, rules, ledger),
        breakers=breakers,
    )


async def _turns(
    session: AsyncSession, jobs: Sequence[Job], rules: Mapping[str, Sequence[QuotaRule]]
) -> Sequence[Waiting]:
    """The jobs themselves and those before them, as far as allowances are concerned."""
    counted = {
        platform: [rule for rule in declared if rule.counts is not QuotaCount.CALLS]
        for platform, declared in rules.items()
    }
    mine = [job for job in jobs if counted[job.platform]]
    if not mine:
        return ()
    shared = {key for key, found in counted.items() if any(one.scope is QuotaScope.APPLICATION for one in found)}
    longest = max(rule.per for found in counted.values() for rule in found)
    first, last = min(job.due_at for job in mine), max(job.due_at for job in mine)
    before = await turns(session, {job.connection_id for job in mine}, shared, (first - longest, last))
    known = {one.id for one in before}
    return [*before, *(_waiting(job) for job in mine if job.id not in known)]


async def _ledger(
    session: AsyncSession, rules: Mapping[str, Sequence[QuotaRule]], accounts: set[UUID]
) -> dict[tuple[Owner, str], Line]:
    if not any(rules.values()):
        return {}
    own = select(Allowance).where(
        Allowance.tenant_id == tenant_of(session), Allowance.connection_id.in_(sorted(accounts))
    )
    found: dict[tuple[Owner, str], Line] = {
        (row.connection_id, row.name): Line(row.told_most, row.spent) for row in await session.scalars(own)
    }
    shared = select(AppAllowance).where(AppAllowance.platform.in_(sorted(rules)))
    return found | {(row.platform, row.name): Line(row.told_most, row.spent) for row in await session.scalars(shared)}


def _waiting(job: Job) -> Waiting:
    return Waiting(
        job.id,
        job.connection_id,
        job.platform,
        job.content,
        job.part,
        job.ready_at,
        job.publish_by,
        job.late_policy,
    )


def _turn(one: Waiting, quiet: QuietHours | None, now: datetime) -> Turn:
    at = max(now, one.ready_at)
    if quiet is not None and not one.part:
        at = quiet.until(at) or at
    ends = None if one.late_policy is LatePolicy.PUBLISH else one.publish_by
    return Turn(one.id, one.connection_id, one.platform, one.content, one.part, at, ends)


def _facts(rt: Runtime, job: Job, world: _World) -> Facts:
    connection, connector = world.connections[job.connection_id], _connector(rt, job.platform)
    at = max(world.now, job.ready_at)
    return Facts(
        job_id=job.id,
        platform=job.platform if connector is None else connector.capabilities.name,
        known=connector is not None,
        at=at,
        publish_by=job.publish_by,
        policy=job.late_policy,
        account=_account(connection),
        room=world.rooms.get(job.id, Room(at)),
        quiet=None if job.part else world.quiet.get(job.connection_id),
        hold=_hold(job, connection, world.breakers),
        problems=() if connector is None else _problems(job, connection, connector, world),
        copies=() if connector is None else _pending(job, connector, world),
        tried=str((job.fault or {}).get("message") or "") or None if job.state is JobState.RETRYING else None,
    )


def _connector(rt: Runtime, platform: str) -> Connector | None:
    try:
        return rt.catalog.get(platform)
    except UnknownPlatform:
        return None


def _account(row: Connection) -> AccountSeen:
    """The account. Where the last renewal began no new life, the platform gives the rest of the same grant."""
    began, renewed = row.life_began_at, row.renewed_at
    same_life = began is not None and renewed is not None and renewed - began > SAME_END
    renews = row.refreshes_itself and not same_life
    return AccountSeen(row.handle, row.state, row.token_expires_at, renews, row.refresh_failures)


def _hold(job: Job, connection: Connection, breakers: Sequence[Breaker]) -> Hold | None:
    place = Place(job.platform, connection.server, Operation.PUBLISH)
    found = [one for one in breakers if one.place.covers(place)]
    # What an operator has switched off comes back by no probe, whatever else there is.
    paused = next((one for one in found if one.state is BreakerState.PAUSED), None)
    if paused is not None:
        return Hold(paused.reason, None)
    return Hold(found[0].reason, found[0].next_probe_at) if found else None


def _problems(job: Job, connection: Connection, connector: Connector, world: _World) -> Sequence[Problem]:
    """Why what is not out of it yet would be refused."""
    content = job.content
    if job.part:
        content = {**content, "parts": content["parts"][job.part :], "options": {}}
    unfit = {key: row.problem or "" for key, row in world.copies.items() if row.state is CopyState.FAILED}
    lacking = missing_rights(connector.capabilities, connection, content, 0)
    found = [*lacking, *problems(connector, connection, content, world.files, unfit)]
    return [one.problem for one in found if one.problem.severity is Severity.ERROR]


def _pending(job: Job, connector: Connector, world: _World) -> Sequence[str]:
    """Files of which a copy is under way. One for a format or a cover is made with the post: it is not waited for."""
    can = connector.capabilities
    rules = can.images_for(job.content["options"])
    if rules is None or rules != can.images:
        return ()
    names = []
    for key in dict.fromkeys(key for part in job.content["parts"][job.part :] for key in part_media_ids(part)):
        file, copy = world.files.get(key), world.copies.get((key, fingerprint(rules)))
        if file is None or file.state is not MediaState.READY or fits(file, rules):
            continue
        if copy.state is CopyState.RETRYING if copy is not None else file.fit_at is not None:
            names.append(file.filename)
    return names
