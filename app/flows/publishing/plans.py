"""What a user does with a whole post: each leads the verbs of its jobs and of the post in one transaction.

The caller owns the transaction. Jobs are changed before their post, as everywhere, so that two such flows and a
settling worker cannot block each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.cancel import Cancellation, Cancelled, cancel
from app.actions.jobs.reschedule import Reschedule, reschedule
from app.actions.posts.move import Move, move
from app.actions.posts.schedule import window
from app.domain.jobs import queries as job_queries
from app.domain.jobs.errors import JobNotCancellable, JobNotReschedulable
from app.domain.jobs.model import Job
from app.domain.jobs.states import WAITING
from app.domain.posts import queries
from app.domain.posts.errors import PostNotEditable
from app.domain.posts.model import Post
from app.domain.posts.planned_time import PlannedTime, usable
from app.flows.publishing.quiet import Wait, foreseen
from app.kernel.timing import Timing


@dataclass(frozen=True, slots=True)
class PostCancelled:
    """What came of each job: the truth, one by one."""

    post: Post
    cancelled: Sequence[Job]
    requested: Sequence[Job]
    too_late: Sequence[Job]


async def cancel_post(session: AsyncSession, post_id: UUID) -> PostCancelled:
    """Cancel every job of a post that was not sent yet.

    Raises:
        NotFound: no such post in this tenant.
    """
    done: list[Cancelled] = []
    late: list[Job] = []
    for job in await _jobs(session, post_id):
        try:
            done.append(await cancel(session, job.id))
        except JobNotCancellable as refusal:
            late.append(refusal.job)
    return PostCancelled(
        await queries.post(session, post_id, lock=True),
        cancelled=[one.job for one in done if one.result is Cancellation.CANCELLED],
        requested=[one.job for one in done if one.result is Cancellation.REQUESTED],
        too_late=late,
    )


async def reschedule_post(
    session: AsyncSession,
    post_id: UUID,
    time: PlannedTime,
    *,
    now: datetime,
    timing: Timing,
    publish_by: datetime | None = None,
    revision: int | None = None,
) -> Post:
    """Move a post and every job of it that waits.

    Raises:
        NotFound, PostNotEditable, PostRevisionConflict, PlannedTimeInvalid: nothing was changed.
    """
    due_at = max(usable(time, now).at, now)
    until = window(due_at, publish_by, timing)
    moved = 0
    for job in await _jobs(session, post_id):
        if job.state not in WAITING:
            continue
        try:
            await reschedule(session, Reschedule(job.id, due_at, until))
        except JobNotReschedulable:
            continue
        moved += 1
    if not moved:
        raise PostNotEditable(await queries.post(session, post_id))
    return await move(session, Move(post_id, time, now, timing, publish_by, revision))


async def publish_post_now(session: AsyncSession, post_id: UUID, *, now: datetime, timing: Timing) -> Post:
    """Let every waiting job of a post go out at once.

    Raises:
        NotFound, PostNotEditable: nothing was changed.
    """
    return await reschedule_post(session, post_id, PlannedTime(now), now=now, timing=timing)


async def foreseen_for(session: AsyncSession, post: Post) -> list[Wait]:
    """How long quiet hours will hold the jobs of a post back that wait."""
    jobs = await job_queries.of_posts(session, [post.id])
    waiting = [job.connection_id for job in jobs if job.state in WAITING]
    return await foreseen(session, waiting, post.due_at, post.publish_by)


async def _jobs(session: AsyncSession, post_id: UUID) -> Sequence[Job]:
    # All of them first: each change of one locks the post, and a worker may hold the next and want the post.
    jobs = await job_queries.of_posts(session, [post_id], lock=True)
    if not jobs:
        # Every post has jobs: none means that the post is not there, for this tenant.
        await queries.post(session, post_id)
    return jobs
