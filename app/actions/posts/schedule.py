"""Schedule a post: one post, one job a target, in one transaction.

Promise: after the commit the post goes out on each target once, at its time, or its job says why not. Content that
a platform would refuse is refused here, with every reason. The same idempotency key with the same content gives
the first post again; with other content it is refused. Emits `post.scheduled` and one `job.scheduled` a target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.posts.check import Checked, Target, check, refuse_errors
from app.actions.posts.terms import add
from app.actions.posts.uses import note
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.states import JobState
from app.domain.posts import queries
from app.domain.posts.content import Stored, media_ids
from app.domain.posts.errors import TargetProblem
from app.domain.posts.model import Post, TermKind
from app.domain.posts.planned_time import PlannedTime, PlannedTimeInvalid, usable
from app.domain.posts.states import PostState
from app.domain.rules.queries import rules
from app.kernel import ids
from app.kernel.late_policy import LatePolicy
from app.kernel.timing import Timing
from app.services import events, gates, idempotency
from app.services.db import tenant_of
from connectors.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Schedule:
    """What to post, where and when."""

    content: Stored
    targets: Sequence[Target]
    time: PlannedTime | None
    """None: at once."""
    now: datetime
    timing: Timing
    actor: str
    publish_by: datetime | None = None
    labels: tuple[str, ...] = ()
    idempotency_key: str | None = None
    late_policy: LatePolicy | None = None
    """None: the workspace's, else the installation's."""

    def fingerprint(self) -> object:
        """What makes two commands the same for an idempotency key; a post for now is the same a minute later."""
        targets = [(str(t.connection_id), t.override, dict(t.options)) for t in self.targets]
        when: object = None
        if self.time is not None:
            when = (self.time.local, self.time.zone) if self.time.local else self.time.at.isoformat()
        window = self.publish_by and self.publish_by.isoformat()
        # What was added later is a part only where it is given: keys that were used before still match.
        policy = [] if self.late_policy is None else [self.late_policy]
        return [self.content, targets, when, window, sorted(self.labels), *policy]


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The post, whether it was there already, and what is worth a warning."""

    post: Post
    replayed: bool
    warnings: Sequence[TargetProblem]


async def schedule(session: AsyncSession, catalog: Catalog, command: Schedule) -> Scheduled:
    """Schedule the post.

    Raises:
        InvalidContent, ConnectionNotUsable, NotFound, PlannedTimeInvalid, IdempotencyKeyReused: nothing was changed.
    """
    post_id = ids.new()
    if command.idempotency_key is not None:
        first = await idempotency.remember(session, command.idempotency_key, command.fingerprint(), post_id)
        if first is not None:
            return Scheduled(await queries.post(session, first), replayed=True, warnings=())
    time = PlannedTime(command.now) if command.time is None else usable(command.time, command.now)
    checked = await check(session, catalog, command.content, command.targets)
    refuse_errors(checked)
    policy = command.late_policy or (await rules(session)).late_policy or command.timing.late_policy
    post = _post(tenant_of(session), post_id, time, command, policy)
    session.add(post)
    # The post's row is written first: its jobs refer to it.
    await session.flush()
    events.record(session, events.Event("post.scheduled", "post", post_id, {"state": post.state}))
    add(session, post, TermKind.LABEL, post.labels)
    add(session, post, TermKind.PLATFORM, [one.connection.platform for one in checked])
    add(session, post, TermKind.CONNECTION, [str(one.connection.id) for one in checked])
    for one in checked:
        _add_job(session, post, one, command)
    await session.flush()
    contents = [command.content, *(one.content for one in checked)]
    if any(media_ids(content) for content in contents):
        await note(session, post_id, contents)
    gates.lower(session, post.due_at)
    return Scheduled(post, replayed=False, warnings=[p for one in checked for p in one.problems])


def window(due_at: datetime, publish_by: datetime | None, timing: Timing) -> datetime:
    """When a post counts as missed: the user's moment, or the planned time and the installation's window.

    Raises:
        PlannedTimeInvalid: the window ends before it begins.
    """
    if publish_by is None:
        return due_at + timedelta(seconds=timing.publish_window)
    if publish_by <= due_at:
        raise PlannedTimeInvalid(
            "publishBy is not after the planned time, so the post could never go out.",
            hint="Choose a later publishBy, or leave it out.",
            path=("input", "publishBy"),
        )
    return publish_by


def _post(tenant: UUID, post_id: UUID, time: PlannedTime, command: Schedule, policy: LatePolicy) -> Post:
    due_at = max(time.at, command.now)
    return Post(
        id=post_id,
        tenant_id=tenant,
        content=command.content,
        labels=list(dict.fromkeys(command.labels)),
        state=PostState.SCHEDULED,
        due_at=due_at,
        local_time=time.local,
        zone=time.zone,
        time_notice=time.notice,
        publish_by=window(due_at, command.publish_by, command.timing),
        late_policy=policy,
        revision=1,
        created_by=command.actor,
        created_at=command.now,
        updated_at=command.now,
    )


def _add_job(session: AsyncSession, post: Post, target: Checked, command: Schedule) -> None:
    job = Job(
        id=ids.new(),
        tenant_id=post.tenant_id,
        post_id=post.id,
        connection_id=target.connection.id,
        platform=target.connection.platform,
        content=target.content,
        state=JobState.SCHEDULED,
        part=0,
        parts=len(target.content["parts"]),
        due_at=post.due_at,
        ready_at=post.due_at,
        wake_at=post.due_at,
        publish_by=post.publish_by,
        late_policy=post.late_policy,
        max_attempts=command.timing.max_attempts,
    )
    session.add(job)
    add_parts(session, job, post.due_at)
    details = {"state": job.state, "postId": str(post.id), "dueAt": post.due_at.isoformat()}
    events.record(session, events.Event("job.scheduled", "job", job.id, details))


def add_parts(session: AsyncSession, job: Job, composed_at: datetime) -> None:
    """Add the rows that keep each part's key and place."""
    for position in range(job.parts):
        part = JobPart(
            id=ids.new(),
            tenant_id=job.tenant_id,
            job_id=job.id,
            position=position,
            attempt_key=ids.new(),
            composed_at=composed_at,
        )
        session.add(part)
