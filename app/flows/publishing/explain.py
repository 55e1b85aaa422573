"""Read everything that tells of one job, and tell it: for the API and for the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.queries import of_subject as audit_of
from app.domain.connections.queries import connection as read_connection
from app.domain.jobs.model import Job
from app.domain.jobs.queries import attempts_of, parts_of
from app.domain.jobs.queries import job as read_job
from app.domain.jobs.story import Deed, Life, Story, tell
from app.domain.keys.queries import by_ids as keys_by_ids
from app.domain.posts.queries import post as read_post
from app.domain.tenants.queries import own as own_tenant
from app.kernel.errors import InvalidInput
from app.services.events import of_subject as events_of
from connectors.catalog import Catalog, UnknownPlatform

MOST = 500
"""Lines of a kind that a story holds: more than a job has in any life that it can have."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A job with its story, told by the clock of a zone."""

    job: Job
    zone: ZoneInfo
    story: Story


async def explain(session: AsyncSession, catalog: Catalog, job_id: UUID, zone: str | None = None) -> Explained:
    """Tell the whole life of a job. Without a zone: by the workspace's clock, else by the one it was planned by.

    Raises:
        NotFound: no such job in this tenant.
        InvalidInput: there is no such zone.
    """
    job = await read_job(session, job_id)
    post = await read_post(session, job.post_id)
    connection = await read_connection(session, job.connection_id)
    events = [Deed(row.at, row.type, row.actor, row.changes) for row in await events_of(session, job_id, MOST)]
    audit = [Deed(row.at, row.verb, row.actor, row.details) for row in await audit_of(session, job_id, MOST)]
    clock = clock_of(zone or (await own_tenant(session)).zone or post.zone or "UTC")
    life = Life(
        job=job,
        planned_by=post.created_by,
        account=f"{connection.handle} on {_name(catalog, job.platform)}",
        zone=clock,
        parts=await parts_of(session, [job_id]),
        attempts=await attempts_of(session, [job_id]),
        events=events,
        audit=audit,
        names=await _names(session, [post.created_by, *(one.actor for one in (*events, *audit))]),
    )
    return Explained(job, clock, tell(life))


def clock_of(zone: str) -> ZoneInfo:
    """The rules of a zone.

    Raises:
        InvalidInput: there is no such zone.
    """
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InvalidInput(
            f"There is no time zone {zone!r}.", hint="Use an IANA name such as Europe/Berlin.", path=("zone",)
        ) from None


def _name(catalog: Catalog, platform: str) -> str:
    try:
        return catalog.get(platform).capabilities.name
    except UnknownPlatform:
        return platform


async def _names(session: AsyncSession, actors: Iterable[str]) -> dict[str, str]:
    """The names of the API keys among these actors."""
    keys: Sequence[UUID] = [UUID(actor.removeprefix("key:")) for actor in set(actors) if actor.startswith("key:")]
    return {f"key:{row.id}": f"“{row.name}”" for row in await keys_by_ids(session, keys)} if keys else {}
