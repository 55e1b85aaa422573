"""Whether a failed job could go out as the world is today: its proof, its account, its files, its content.

The same questions as when a post is scheduled, asked of many jobs with a few reads. The answer is the first reason
against it, the ones that a person must look into first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.posts.check import SCHEDULABLE
from app.actions.posts.compose import problems
from app.actions.posts.rights import RULE as RIGHT
from app.actions.posts.rights import missing_rights
from app.domain.connections import queries as connections
from app.domain.connections.errors import ConnectionNotUsable
from app.domain.connections.model import Connection
from app.domain.jobs.errors import JobNotRetryable
from app.domain.jobs.missed import with_a_twin
from app.domain.jobs.model import Job
from app.domain.jobs.proof import proved_absent, traces_of
from app.domain.jobs.states import JobState
from app.domain.media import queries as media
from app.domain.media.model import CopyState, MediaFile
from app.domain.posts.content import media_ids
from app.flows.bulk.answer import Reason, Refused
from app.flows.bulk.pages import refused
from connectors.catalog import Catalog, UnknownPlatform
from connectors.contract import Problem, Severity

MISSING = ("media.exists", "media.ready", "media.fits")


@dataclass(frozen=True, slots=True)
class World:
    """What is known about the jobs of one page."""

    proved: frozenset[UUID]
    doubled: frozenset[UUID]
    """Jobs whose post goes to their account by another job."""
    connections: Mapping[UUID, Connection]
    files: Mapping[UUID, MediaFile]
    unfit: Mapping[tuple[UUID, str], str]
    """Of which file and rules it is known that no copy can be made, and why."""


async def known(session: AsyncSession, jobs: Sequence[Job], *, hold: bool) -> World:
    """Read what the judgement needs; with `hold` the files cannot be deleted before the transaction ends."""
    keys = [job.id for job in jobs]
    tries = {key: list(found) for key, found in groupby(await traces_of(session, keys), lambda one: one.job_id)}
    accounts = await connections.by_ids(session, list({job.connection_id for job in jobs}))
    shown = sorted({key for job in jobs for key in media_ids(job.content)})
    files = await media.by_ids(session, shown, hold=hold) if shown else []
    copies = await media.copies_of(session, shown) if shown else []
    return World(
        proved=frozenset(key for key in keys if proved_absent(tries.get(key, ()))),
        doubled=frozenset(await with_a_twin(session, keys)),
        connections={row.id: row for row in accounts},
        files={row.id: row for row in files},
        unfit={(copy.media_id, copy.rules): copy.problem or "" for copy in copies if copy.state is CopyState.FAILED},
    )


def against(job: Job, world: World, catalog: Catalog) -> Refused | None:
    """Why a failed job is not taken up; None where nothing stands against it. Its time is not asked about."""
    if job.state is not JobState.FAILED:
        return refused(JobNotRetryable(job))
    if job.part > 0:
        message = f"{job.part} of its {job.parts} parts are on the platform already."
        return Refused(job, Reason.PARTLY_OUT, message, "Look at the thread there, then use retryJob for this job.")
    if job.id not in world.proved:
        message = "A try was sent and it is not proved that nothing came of it."
        hint = "Look at the account on the platform. If the post is not there, use retryJob for this job."
        return Refused(job, Reason.OUTCOME_NOT_PROVED, message, hint)
    if job.id in world.doubled:
        message = "Its post goes to this account by another job already."
        return Refused(job, Reason.GOES_BY_ANOTHER_JOB, message, "Nothing to do; discard this one with discardJobs.")
    connection = world.connections[job.connection_id]
    if connection.state not in SCHEDULABLE:
        refusal = ConnectionNotUsable(connection)
        return Refused(job, Reason.CONNECTION_NOT_USABLE, refusal.message, refusal.hint)
    return _content(job, connection, world, catalog)


def _content(job: Job, connection: Connection, world: World, catalog: Catalog) -> Refused | None:
    try:
        connector = catalog.get(job.platform)
    except UnknownPlatform as gone:
        return Refused(job, Reason.PLATFORM_GONE, str(gone), "Tell the operator: the connector was taken away.")
    lacking = missing_rights(connector.capabilities, connection, job.content, 0)
    found = [*lacking, *problems(connector, connection, job.content, world.files, world.unfit)]
    errors = [one.problem for one in found if one.problem.severity is Severity.ERROR]
    return Refused(job, _reason(errors[0]), errors[0].message, errors[0].fix) if errors else None


def _reason(problem: Problem) -> Reason:
    if problem.rule == RIGHT:
        return Reason.RIGHT_MISSING
    return Reason.MEDIA_MISSING if problem.rule in MISSING else Reason.CONTENT_REFUSED
