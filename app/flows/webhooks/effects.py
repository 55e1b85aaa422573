"""What each kind of notice does, in the one transaction of its workspace.

Promise: whoever calls it for a notice that was just noted makes its effect once. A post that was seen settles nothing:
it only lets reconcile look earlier. Words of others go into the event log and into the notice, nowhere else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.ended_there import end, erase, granted_since
from app.actions.jobs.hint import look_now
from app.actions.jobs.park import park_connection
from app.actions.webhooks.share import UNRECOGNISED, forget_notices
from app.domain.jobs.states import ParkReason
from app.kernel.storable import storable
from app.services import events
from connectors.notices import (
    AccountDeauthorized,
    CommentNoticed,
    DeletionRequested,
    Mentioned,
    Notice,
    PostSeen,
    StoryMeasured,
    Unrecognised,
)

EVENT_KIND: Final = "notice"
"""The kind of the subject of events about comments, mentions and figures."""


def kind_of(notice: Notice) -> str:
    """The notice's name, like an event's: noun and participle."""
    match notice:
        case AccountDeauthorized():
            return "account.deauthorized"
        case DeletionRequested():
            return "deletion.requested"
        case CommentNoticed(change=change):
            return f"comment.{change}"
        case Mentioned():
            return "mention.added"
        case PostSeen():
            return "post.seen"
        case StoryMeasured():
            return "story.measured"
    return UNRECOGNISED


def details_of(notice: Notice) -> dict[str, Any]:
    """What the notice says: ids, words and figures, without what is not known."""
    said: dict[str, Any] = {}
    match notice:
        case CommentNoticed() | Mentioned():
            said = {
                "postId": notice.post_id,
                "commentId": notice.comment_id,
                "parentId": notice.parent_id if isinstance(notice, CommentNoticed) else None,
                "authorId": notice.author_id,
                "author": notice.author,
                "text": notice.text,
            }
        case PostSeen():
            said = {"postId": notice.post_id, "text": notice.text}
        case StoryMeasured():
            said = {"postId": notice.post_id, "figures": dict(notice.figures)}
        case Unrecognised():
            said = {"what": notice.what}
    found: dict[str, Any] = storable({key: value for key, value in said.items() if value is not None})
    return found


async def effect(
    session: AsyncSession, notice: Notice, connection_id: UUID, notice_id: UUID, heard_at: datetime
) -> str:
    """Do what the notice asks for; gives what was done, in a sentence."""
    match notice:
        case AccountDeauthorized():
            return await _end(session, connection_id, notice_id, notice.at or heard_at)
        case DeletionRequested():
            return await _delete(session, connection_id, notice_id, notice.at or heard_at)
        case PostSeen():
            woken = await look_now(session, connection_id)
            return f"{woken} posts of unknown outcome are looked for at once." if woken else "Nothing waited for it."
        case CommentNoticed() | Mentioned() | StoryMeasured():
            changes = {"connectionId": str(connection_id), **details_of(notice)}
            events.record(session, events.Event(kind_of(notice), EVENT_KIND, notice_id, changes))
            return "An event was recorded."
    return "Kept, not acted upon."


async def _delete(session: AsyncSession, connection_id: UUID, notice_id: UUID, decided_at: datetime) -> str:
    if await granted_since(session, connection_id, decided_at):
        await forget_notices(session, connection_id, but=(notice_id,), until=decided_at)
        return "Access was granted anew since and stays. What was said about the account before was deleted."
    ended = await _end(session, connection_id, notice_id, decided_at)
    await erase(session, connection_id)
    await forget_notices(session, connection_id, but=(notice_id,))
    return f"{ended} What was fetched about the account was deleted."


async def _end(session: AsyncSession, connection_id: UUID, notice_id: UUID, decided_at: datetime) -> str:
    if await end(session, connection_id, decided_at=decided_at) is None:
        return "The connection had ended before, or access was granted anew since."
    # Others' words were kept for the account's owner, and do not outlive the access.
    await forget_notices(session, connection_id, but=(notice_id,))
    parked = await park_connection(session, connection_id, ParkReason.CONNECTION)
    return f"The connection was ended and {len(parked)} due posts were parked."
