"""Find the instants of planned local times anew, after the rules of a zone have changed.

A post that was planned for nine o'clock keeps nine o'clock: its local time and zone are the truth, and the instant
follows from the rules that this release brings. Only what still waits for its time is moved, only jobs that were not
given a time of their own, and each window keeps its length. Asked dry, everything is counted and nothing is changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.reschedule import Reschedule, reschedule
from app.actions.posts.move import Move, move
from app.domain.audit.model import AuditEntry
from app.domain.jobs.errors import JobNotReschedulable
from app.domain.jobs.queries import of_posts
from app.domain.jobs.states import JobState
from app.domain.posts.model import Post
from app.domain.posts.planned_time import PlannedTime, PlannedTimeInvalid, from_local
from app.domain.posts.states import PostState
from app.domain.tenants.model import Tenant
from app.kernel import ids
from app.kernel.timing import Timing
from app.services import events
from app.services.db import Database

PAGE = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """A post whose local time is another instant by the rules of today."""

    tenant_id: UUID
    post_id: UUID
    local: str
    zone: str
    before: datetime
    after: datetime


async def replan(db: Database, timing: Timing, now: datetime, *, dry_run: bool = True) -> AsyncIterator[Moved]:
    """Move every planned post whose instant is another now; gives each as it is found."""
    async with db.system() as session:
        tenants = (await session.scalars(select(Tenant.id).order_by(Tenant.id))).all()
    for tenant in tenants:
        after = (now, UUID(int=0))
        while posts := await _planned(db, tenant, after):
            after = (posts[-1].due_at, posts[-1].id)
            for post in posts:
                found = _anew(post, tenant)
                if found is not None and (dry_run or await _move(db, timing, now, found)):
                    yield found


async def _planned(db: Database, tenant: UUID, after: tuple[datetime, UUID]) -> Sequence[Post]:
    later = tuple_(Post.due_at, Post.id) > tuple_(*after)
    query = select(Post).where(
        Post.tenant_id == tenant, Post.state == PostState.SCHEDULED, Post.zone.is_not(None), later
    )
    async with db.read(tenant) as session:
        return (await session.scalars(query.order_by(Post.due_at, Post.id).limit(PAGE))).all()


def _anew(post: Post, tenant: UUID) -> Moved | None:
    time = _time(post)
    if time is None or time.at == post.due_at:
        return None
    return Moved(tenant, post.id, post.local_time or "", post.zone or "", post.due_at, time.at)


def _time(post: Post) -> PlannedTime | None:
    if post.local_time is None or post.zone is None:
        return None
    try:
        return from_local(datetime.fromisoformat(post.local_time), post.zone)
    except PlannedTimeInvalid:  # a zone that is not known any more: the instant that was found stays
        return None


async def _move(db: Database, timing: Timing, now: datetime, found: Moved) -> bool:
    """Whether the post was moved: not where somebody has changed it meanwhile."""
    async with db.transaction(found.tenant_id) as session:
        events.act_as(session, "replan")
        jobs = await of_posts(session, [found.post_id], lock=True)
        post = await session.scalar(
            select(Post)
            .where(Post.tenant_id == found.tenant_id, Post.id == found.post_id, Post.due_at == found.before)
            .with_for_update()
        )
        time = None if post is None else _time(post)
        if post is None or time is None or time.at != found.after:
            return False
        due_at = max(time.at, now)
        until = due_at + (post.publish_by - post.due_at)
        mine = [job for job in jobs if job.state is JobState.SCHEDULED and job.due_at == found.before]
        for job in mine:
            try:
                await reschedule(session, Reschedule(job.id, due_at, until))
            except JobNotReschedulable:
                continue
        await move(session, Move(found.post_id, time, now, timing, until))
        await _audit(session, found)
    return True


async def _audit(session: AsyncSession, found: Moved) -> None:
    details = {"zone": found.zone, "local": found.local, "before": found.before.isoformat()}
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=found.tenant_id,
            actor=events.actor_of(session),
            verb="post.replan",
            subject_kind="post",
            subject_id=found.post_id,
            details={**details, "after": found.after.isoformat()},
        )
    )
    await session.flush()
