"""Change a post's content or labels while it waits.

Promise: every job that waits goes out with the new content; jobs that are under way or ended are left as they are.
A target's options are kept. Emits `post.updated` and a `job.updated` for each job rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.posts.check import Target, check, refuse_errors
from app.actions.posts.schedule import add_parts
from app.actions.posts.terms import replace_labels
from app.actions.posts.uses import note
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.queries import contents_of
from app.domain.jobs.states import WAITING
from app.domain.posts import queries
from app.domain.posts.content import Stored
from app.domain.posts.errors import PostNotEditable, PostRevisionConflict, TargetProblem
from app.domain.posts.model import Post
from app.services import events
from app.services.db import tenant_of
from connectors.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Update:
    """What to change; None leaves a field as it is."""

    post_id: UUID
    now: datetime
    content: Stored | None = None
    labels: tuple[str, ...] | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Updated:
    """The post, and what is worth a warning."""

    post: Post
    warnings: Sequence[TargetProblem]


async def update(session: AsyncSession, catalog: Catalog, command: Update) -> Updated:
    """Change the post.

    Raises:
        NotFound, PostNotEditable, PostRevisionConflict, InvalidContent, ConnectionNotUsable: nothing was changed.
    """
    waiting = await _waiting(session, command.post_id)
    post = await queries.post(session, command.post_id, lock=True)
    if command.revision is not None and command.revision != post.revision:
        raise PostRevisionConflict(post)
    warnings: Sequence[TargetProblem] = ()
    if command.content is not None:
        if not waiting:
            raise PostNotEditable(post)
        warnings = await _rewrite(session, catalog, waiting, command.content, command.now)
        post.content = command.content
    if command.labels is not None:
        post.labels = list(dict.fromkeys(command.labels))
        await replace_labels(session, post)
    post.revision += 1
    post.updated_at = command.now
    await session.flush()
    if command.content is not None:
        await note(session, post.id, [post.content, *await contents_of(session, post.id)])
    events.record(session, events.Event("post.updated", "post", post.id, {"state": post.state}))
    return Updated(post, warnings)


async def _waiting(session: AsyncSession, post_id: UUID) -> Sequence[Job]:
    # Jobs are locked before their post, as everywhere.
    query = (
        select(Job)
        .where(Job.tenant_id == tenant_of(session), Job.post_id == post_id, Job.state.in_(WAITING), Job.part == 0)
        .order_by(Job.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


async def _rewrite(
    session: AsyncSession, catalog: Catalog, jobs: Sequence[Job], content: Stored, now: datetime
) -> Sequence[TargetProblem]:
    targets = [Target(job.connection_id, options=job.content["options"]) for job in jobs]
    checked = await check(session, catalog, content, targets)
    refuse_errors(checked)
    for job, target in zip(jobs, checked, strict=True):
        job.content = target.content
        job.parts = len(target.content["parts"])
        job.revision += 1
        job.updated_at = now
        mine = (JobPart.tenant_id == job.tenant_id, JobPart.job_id == job.id)
        # New content is a new thing to the platform: new keys, no checkpoint of the old files.
        await session.execute(delete(JobPart).where(*mine))
        add_parts(session, job, job.due_at)
        details = {"state": job.state, "postId": str(job.post_id)}
        events.record(session, events.Event("job.updated", "job", job.id, details))
    return [problem for one in checked for problem in one.problems]
