"""Write a post's new planned time; the flow moves its jobs in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.posts.schedule import window
from app.domain.posts import queries
from app.domain.posts.errors import PostRevisionConflict
from app.domain.posts.model import Post
from app.domain.posts.planned_time import PlannedTime
from app.kernel.timing import Timing
from app.services import events


@dataclass(frozen=True, slots=True)
class Move:
    """Which post, to when."""

    post_id: UUID
    time: PlannedTime
    now: datetime
    timing: Timing
    publish_by: datetime | None = None
    revision: int | None = None


async def move(session: AsyncSession, command: Move) -> Post:
    """Give the post its new time.

    Raises:
        NotFound, PostRevisionConflict, PlannedTimeInvalid: nothing was changed.
    """
    post = await queries.post(session, command.post_id, lock=True)
    if command.revision is not None and command.revision != post.revision:
        raise PostRevisionConflict(post)
    post.due_at = max(command.time.at, command.now)
    post.local_time, post.zone = command.time.local, command.time.zone
    post.time_notice = command.time.notice
    post.publish_by = window(post.due_at, command.publish_by, command.timing)
    post.revision += 1
    post.updated_at = command.now
    await session.flush()
    details = {"state": post.state, "dueAt": post.due_at.isoformat()}
    events.record(session, events.Event("post.rescheduled", "post", post.id, details))
    return post
