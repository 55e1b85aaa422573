"""Finding out whether a publish whose answer was lost happened: a search through the account's own posts.

Reads only. A post is ours when it was made at or after the intent, answers the same post, has the same files and
the same text. One such post is the proof that it went out, none in a complete list the proof that it did not;
anything in between is left to a person. Source: https://docs.joinmastodon.org/methods/accounts/#statuses
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any, Final

from connectors.contract import Absent, Access, Context, Finding, Found, PublishTask, Undecided
from connectors.mastodon.account import id_of
from connectors.mastodon.faults import refusal, unexpected
from connectors.mastodon.statuses import media_ids, ref_of
from connectors.mastodon.text import plain_text, posted_text, same_text
from connectors.transport import Answer

CLOCK_TOLERANCE: Final = timedelta(minutes=2)
"""How far the server's clock may be behind ours."""
PAGE: Final = 40
"""Posts a request, the most that the server gives."""
PAGES: Final = 5
"""How many requests one search makes before it leaves the matter to a person."""


class _Likeness(Enum):
    SAME = auto()
    OTHER = auto()
    UNCLEAR = auto()
    """It could be ours; the server does not show the text as it was written first."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """The account's posts since a moment, and whether all of them are there."""

    statuses: list[Mapping[str, Any]]
    complete: bool


async def reconcile(cx: Context, access: Access, task: PublishTask) -> Finding:
    """Look the task's post up. Raises `PlatformFault` where the server cannot be asked now."""
    if task.intended_at is None:
        return Undecided("The time of sending is not known, so the account's posts cannot be searched.")
    listing = await _since(cx, access, task.intended_at - CLOCK_TOLERANCE)
    alike = [status for status in listing.statuses if _fits(status, task)]
    # A file belongs to one post only, so a post with our files is ours whatever its text has become.
    if media_ids(task) and len(alike) == 1:
        return Found(ref_of(alike[0]), "The account has a post with the uploaded files.")
    likeness = [(await _compare(cx, access, status, task), status) for status in alike]
    same = [status for kind, status in likeness if kind is _Likeness.SAME]
    if len(same) == 1:
        return Found(ref_of(same[0]), f"One post since {task.intended_at:%H:%M:%S} UTC has the text.")
    if same:
        return Undecided(f"{len(same)} posts since {task.intended_at:%H:%M:%S} UTC have the same text.")
    if any(kind is _Likeness.UNCLEAR for kind, _ in likeness):
        return Undecided("A post of that time may be the one; the server does not show its text as it was sent.")
    if not listing.complete:
        return Undecided(f"The account has more than {PAGE * PAGES} posts since then; not all were searched.")
    return Absent(f"None of {len(listing.statuses)} posts since {task.intended_at:%H:%M:%S} UTC is this one.")


async def _since(cx: Context, access: Access, moment: datetime) -> _Listing:
    """The account's own posts from `moment` on, newest first; a server whose clock is behind is allowed for."""
    found: list[Mapping[str, Any]] = []
    oldest_id: str | None = None
    for _ in range(PAGES):
        params = {"exclude_reblogs": "true", "limit": str(PAGE)}
        if oldest_id is not None:
            params["max_id"] = oldest_id
        address = f"{access.account.server}/api/v1/accounts/{id_of(access.account)}/statuses"
        answer = await cx.http.send("GET", address, token=access.tokens.access, params=params)
        if not answer.ok:
            raise refusal(answer, cx.now(), missing="The server does not know the account.")
        page = answer.json()
        if not isinstance(page, list) or not all(isinstance(item, Mapping) and "id" in item for item in page):
            raise unexpected(answer, "The server answered with something that is not a list of posts.")
        bound = moment - _behind(answer, cx.now())
        young = [item for item in page if _created_at(item, answer) >= bound]
        found.extend(young)
        if not page or len(young) < len(page):
            return _Listing(found, complete=True)
        oldest_id = str(page[-1]["id"])
    return _Listing(found, complete=False)


def _fits(status: Mapping[str, Any], task: PublishTask) -> bool:
    parent = task.parent.id if task.parent is not None else None
    answers = status.get("in_reply_to_id")
    files = {str(item.get("id")) for item in status.get("media_attachments") or ()}
    return (None if answers is None else str(answers)) == parent and files == set(media_ids(task))


async def _compare(cx: Context, access: Access, status: Mapping[str, Any], task: PublishTask) -> _Likeness:
    ours = f"{task.options.get('spoiler_text') or ''}\n{posted_text(task.part)}"
    address = f"{access.account.server}/api/v1/statuses/{status['id']}/source"
    answer = await cx.http.send("GET", address, token=access.tokens.access)
    if answer.ok:
        source = answer.json()
        theirs = f"{source.get('spoiler_text') or ''}\n{source.get('text') or ''}"
        if same_text(ours, theirs):
            return _Likeness.SAME
        # Its author may have changed it since it went out: another text is then no proof that it is another post.
        return _Likeness.UNCLEAR if status.get("edited_at") else _Likeness.OTHER
    if answer.status != 404:
        raise refusal(answer, cx.now())
    shown = f"{status.get('spoiler_text') or ''}\n{plain_text(str(status.get('content') or ''))}"
    return _Likeness.SAME if same_text(ours, shown) else _Likeness.UNCLEAR


def _created_at(status: Mapping[str, Any], answer: Answer) -> datetime:
    try:
        moment = datetime.fromisoformat(str(status.get("created_at")))
    except ValueError:
        raise unexpected(answer, "The server gives a post without the time when it was made.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _behind(answer: Answer, now: datetime) -> timedelta:
    """How far the server's clock is behind ours, by the answer's `Date`; a clock that is ahead needs no allowance."""
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return timedelta(0)
    return max(timedelta(0), now - (said if said.tzinfo is not None else said.replace(tzinfo=UTC)))
