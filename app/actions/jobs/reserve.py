"""Reserve what a job uses of its platform's allowances, with its claim.

Promise: of two workers that want the last unit one gets it, whatever Redis knows. The claim and the reservation are one
transaction, and the reservation is one statement: a line of the ledger is locked, summed up and raised, or left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from app.domain.jobs.allowances import Allowance, AppAllowance
from app.domain.jobs.model import Job
from app.domain.jobs.quotas import Use, free_at, reservation, uses
from app.services.db import tenant_of
from connectors.quotas import QuotaRule

# What has stopped to count is dropped as a line is written, so that it stays short. Lines are taken in one order.
_LINE = """
    INSERT INTO {table} AS line ({keys}, name, most, spent)
    SELECT {values}, ask.name, ask.most, jsonb_build_object(ask.until, ask.units)
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS ask(name text, until text, units int, most int, shared boolean)
    WHERE ask.shared = {shared} AND ask.units <= ask.most
    ORDER BY ask.name
    ON CONFLICT ({keys}, name) DO UPDATE SET
        most = excluded.most,
        updated_at = clock_timestamp(),
        spent = (
            SELECT jsonb_object_agg(until, units) FROM (
                SELECT key AS until, sum(value::int) AS units
                FROM (SELECT * FROM jsonb_each_text(line.spent)
                      UNION ALL SELECT * FROM jsonb_each_text(excluded.spent)) AS every
                WHERE key::bigint > :floor GROUP BY key
            ) AS kept
        )
    WHERE coalesce(line.told_most, excluded.most) >= (
        SELECT sum(value::int)
        FROM (SELECT * FROM jsonb_each_text(line.spent)
              UNION ALL SELECT * FROM jsonb_each_text(excluded.spent)) AS every
        WHERE key::bigint > :floor
    )
    RETURNING name
"""
_OWN = _LINE.format(
    table="allowances",
    keys="tenant_id, connection_id",
    values="CAST(:tenant AS uuid), CAST(:connection AS uuid)",
    shared="false",
)
_SHARED = _LINE.format(table="app_allowances", keys="platform", values="CAST(:platform AS text)", shared="true")
RESERVE = text(
    f"""
    WITH own AS ({_OWN}), shared AS ({_SHARED}), kept AS (
        UPDATE jobs SET reserved = CAST(:reserved AS jsonb) WHERE tenant_id = :tenant AND id = :job
    )
    SELECT (SELECT count(*) FROM own) + (SELECT count(*) FROM shared)
    """  # noqa: S608 -- put together from constants
)


class QuotaSpent(Exception):
    """An allowance has no room for the job; the claim must not be kept."""


@dataclass(frozen=True, slots=True)
class Room:
    """Whether a job fits into its allowances."""

    at: datetime | None
    """When it does: the moment of asking where it does now, None where no waiting helps."""
    now: bool
    name: str
    """The allowance that it waits for longest; empty where it fits."""


async def reserve(session: AsyncSession, job: Job, rules: Sequence[QuotaRule]) -> None:
    """Reserve everything that the job uses, or nothing. `job` is as its claim has written it.

    Raises:
        QuotaSpent: one of the allowances has no room.
    """
    wanted = uses(rules, job.content, job.part, job.updated_at)
    if not wanted:
        return
    asked = [
        {"name": use.name, "until": str(use.until), "units": use.units, "most": use.most, "shared": use.shared}
        for use in wanted
    ]
    kept = reservation(job.part, wanted)
    taken = await session.scalar(
        RESERVE,
        {
            "asked": orjson.dumps(asked).decode(),
            "reserved": orjson.dumps(kept).decode(),
            "floor": int(job.updated_at.timestamp()),
            "tenant": job.tenant_id,
            "connection": job.connection_id,
            "platform": job.platform,
            "job": job.id,
        },
    )
    if taken != len(wanted):
        raise QuotaSpent
    set_committed_value(job, "reserved", kept)


async def room(session: AsyncSession, job: Job, rules: Sequence[QuotaRule], at: datetime) -> Room:
    """When the job fits into all of its allowances, as the ledger stands."""
    wanted = uses(rules, job.content, job.part, at)
    spent = await _lines(session, job, wanted)
    moments = []
    for use in wanted:
        line = spent.get((use.shared, use.name))
        most = use.most if line is None or line.told_most is None else line.told_most
        moments.append((use.name, free_at(line.spent if line else {}, most, use.units, at)))
    never = next((name for name, moment in moments if moment is None), None)
    if never is not None:
        return Room(None, now=False, name=never)
    name, latest = max(((name, moment or at) for name, moment in moments), key=lambda one: one[1], default=("", at))
    return Room(latest, now=latest <= at, name=name if latest > at else "")


async def _lines(
    session: AsyncSession, job: Job, wanted: Sequence[Use]
) -> dict[tuple[bool, str], Allowance | AppAllowance]:
    found: dict[tuple[bool, str], Allowance | AppAllowance] = {}
    if any(not use.shared for use in wanted):
        own = select(Allowance).where(
            Allowance.tenant_id == tenant_of(session), Allowance.connection_id == job.connection_id
        )
        found |= {(False, line.name): line for line in await session.scalars(own)}
    if any(use.shared for use in wanted):
        shared = select(AppAllowance).where(AppAllowance.platform == job.platform)
        found |= {(True, line.name): line for line in await session.scalars(shared)}
    return found
