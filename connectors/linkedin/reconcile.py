"""Finding out whether a publish whose answer was lost happened: a search through what the account has posted.

Reads only, and only where the connection may read: LinkedIn gives that right for pages, for members to few. Elsewhere a
person decides; a second publish is refused as a duplicate if the first one went out (`connectors.linkedin.duplicates`).
A post is ours when it was made at or after the intent and has our text and files. One such post proves that it went
out, none in a complete list that it did not. Source:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api#find-posts-by-authors
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.contract import Absent, Access, Context, Finding, Found, PublishedRef, PublishTask, Undecided
from connectors.linkedin import comments, little, media, rest
from connectors.linkedin.accounts import may_read
from connectors.linkedin.duplicates import CLOCK_TOLERANCE, moment
from connectors.linkedin.posts import ref_of

PAGE: Final = 100
PAGES: Final = 5
"""How many requests one search makes before it leaves the matter to a person."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """What was made since a moment, and whether all of it is there."""

    items: Sequence[Mapping[str, Any]]
    complete: bool


async def reconcile(cx: Context, access: Access, task: PublishTask) -> Finding:
    """Look the task's post up. Raises `PlatformFault` where LinkedIn cannot be asked now."""
    if not may_read(access):
        return Undecided("LinkedIn does not let this connection read what the account has posted.")
    if task.intended_at is None:
        return Undecided("The time of sending is not known, so the account's posts cannot be searched.")
    since = task.intended_at - CLOCK_TOLERANCE
    if task.root is not None:
        return await _comment(cx, access, task, task.root, since)
    listing = await _posts(cx, access, since)
    fitting = [item for item in listing.items if _has_files(item, task)]
    same = [item for item in fitting if _same(str(item.get("commentary") or ""), task)]
    # Its author may have changed it meanwhile: another text is then no proof that it is another post.
    changed = [item for item in fitting if item not in same and _edited(item)]
    return _judged(listing, [ref_of(cx, str(item["id"]), task) for item in same], unclear=bool(changed), since=since)


async def _comment(cx: Context, access: Access, task: PublishTask, root: PublishedRef, since: datetime) -> Finding:
    listing = await _comments(cx, access, root, since)
    own = [item for item in listing.items if item.get("actor") == access.account.external_id]
    same = [item for item in own if _words(item) == task.part.text]
    found = [ref for item in same if (ref := comments.ref_of(cx, item, root)) is not None]
    unclear = len(found) < len(same) or any(_words(item) != task.part.text and _touched(item) for item in own)
    return _judged(listing, found, unclear=unclear, since=since)


def _judged(listing: _Listing, found: Sequence[PublishedRef], *, unclear: bool, since: datetime) -> Finding:
    moment_shown = f"{since:%H:%M:%S} UTC"
    if len(found) == 1:
        return Found(found[0], f"One of the account's own since {moment_shown} has the text.")
    if found:
        return Undecided(f"{len(found)} of the account's own since {moment_shown} have the same text.")
    if unclear:
        return Undecided("One of that time was changed since; it may be the one.")
    if not listing.complete:
        return Undecided(f"There are more than {PAGE * PAGES} to look through; not all were searched.")
    return Absent(f"None of {len(listing.items)} since {moment_shown} is this one.")


async def _posts(cx: Context, access: Access, since: datetime) -> _Listing:
    """The account's posts from `since` on. The list is ordered by the last change, which is never before the first."""
    found: list[Mapping[str, Any]] = []
    author = rest.encoded(access.account.external_id)
    for number in range(PAGES):
        path = f"/rest/posts?author={author}&q=author&start={number * PAGE}&count={PAGE}&sortBy=LAST_MODIFIED"
        page = rest.elements(await rest.read(cx, access, path, restli="FINDER"))
        found.extend(item for item in page if _at(item.get("createdAt")) >= since and isinstance(item.get("id"), str))
        if len(page) < PAGE or any(_at(item.get("lastModifiedAt")) < since for item in page):
            return _Listing(found, complete=True)
    return _Listing(found, complete=False)


async def _comments(cx: Context, access: Access, root: PublishedRef, since: datetime) -> _Listing:
    found: list[Mapping[str, Any]] = []
    for number in range(PAGES):
        path = f"{comments.path_of(root.id)}/comments?start={number * PAGE}&count={PAGE}"
        page = rest.elements(await rest.read(cx, access, path))
        found.extend(item for item in page if _at(_stamp(item, "created")) >= since)
        if len(page) < PAGE:
            return _Listing(found, complete=True)
    return _Listing(found, complete=False)


def _same(commentary: str, task: PublishTask) -> bool:
    return _plain(little.read(commentary)) == _plain(task.part.text)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _has_files(item: Mapping[str, Any], task: PublishTask) -> bool:
    content = item.get("content")
    shown: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
    images = (shown.get("multiImage") or {}).get("images") or [shown.get("media") or {}]
    ours = {media.urns(task)[one.id] for one in task.part.media}
    return ours == {str(one["id"]) for one in images if "id" in one}


def _edited(item: Mapping[str, Any]) -> bool:
    state = item.get("lifecycleStateInfo")
    return isinstance(state, Mapping) and state.get("isEditedByAuthor") is True


def _words(comment: Mapping[str, Any]) -> str:
    message = comment.get("message")
    return str(message.get("text") or "") if isinstance(message, Mapping) else ""


def _touched(comment: Mapping[str, Any]) -> bool:
    return bool(_stamp(comment, "lastModified") != _stamp(comment, "created"))


def _stamp(comment: Mapping[str, Any], name: str) -> Any:
    stamp = comment.get(name)
    return stamp.get("time") if isinstance(stamp, Mapping) else None


def _at(milliseconds: Any) -> datetime:
    # Without a time it counts as new: it is looked at, and it ends no list.
    return moment(milliseconds) or datetime.max.replace(tzinfo=UTC)
