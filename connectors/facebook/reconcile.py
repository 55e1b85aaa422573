"""Finding out whether a publish whose answer was lost happened. Reads only.

Posts are searched in the page's own list by uploaded photos, else by text, number of photos and time; comments below
the post that they belong to; videos and reels are asked for by their id. A story cannot be told apart: a person looks.
Source: https://developers.facebook.com/docs/graph-api/reference/page/feed/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from connectors.contract import Absent, Access, Finding, Found, PublishedRef, PublishTask, Undecided
from connectors.facebook.kinds import KIND, Kind, kind_of, photo_ids, video_id
from connectors.facebook.publishing import comment_ref, posted_text
from connectors.facebook.status import State, ref_of_video, state_of
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.graph import Graph
from connectors.meta.hosts import DIALOG
from connectors.meta.likeness import CLOCK_TOLERANCE, same_text, since

PAGES: Final = 5
"""How many pages of a list one search reads before it leaves the matter to a person."""
PAGE: Final = 100

_POST_FIELDS: Final = (
    "id,message,created_time,permalink_url,attachments{media_type,target{id},subattachments{media_type,target{id}}}"
)
_COMMENT_FIELDS: Final = "id,message,created_time,from{id},permalink_url"


async def reconcile(graph: Graph, access: Access, task: PublishTask) -> Finding:
    """Look the task's part up. Raises `PlatformFault` where Facebook cannot be asked now."""
    if task.intended_at is None:
        return Undecided("The time of sending is not known, so nothing can be searched.")
    kind = kind_of(task)
    if kind in (Kind.PHOTO_STORY, Kind.VIDEO_STORY):
        return Undecided("Facebook gives no way to tell one story from another; look at the page's stories.")
    if kind in (Kind.VIDEO, Kind.REEL):
        return await _video(graph, kind, task)
    if kind is Kind.COMMENT:
        return await _comment(graph, access, task)
    return await _post(graph, access, task)


async def _video(graph: Graph, kind: Kind, task: PublishTask) -> Finding:
    known = video_id(task)
    if known is None:
        return Undecided("The id of the video is not known.")
    try:
        body = await graph.get(known, {"fields": "status,permalink_url"}, missing="Facebook does not know the video.")
    except PlatformFault as trouble:
        if trouble.fault.kind is FaultKind.NOT_FOUND:
            return Undecided("Facebook does not show the video any more.")
        raise
    state, words = state_of(body)
    match state:
        case State.PUBLISHED:
            return Found(ref_of_video(graph, known, body, kind), "Facebook says that the video is published.")
        case State.UPLOADED:
            return Absent("The video is uploaded, and Facebook has not been asked to publish it.")
        case State.WORKING:
            return Undecided("Facebook has taken the video and is still processing it.")
        case State.BROKEN:
            return Undecided(f"Facebook could not process the video. {words}".strip())
        case State.UNCLEAR:
            return Undecided("Facebook does not say how far the video has come.")


async def _post(graph: Graph, access: Access, task: PublishTask) -> Finding:
    photos = set(photo_ids(task))
    text = posted_text(task.part, card=task.part.link is not None and not photos)
    rows, complete = await _list(
        graph, f"{access.account.external_id}/published_posts", _POST_FIELDS, task, missing="Facebook hides the page."
    )
    ours = [row for row in rows if photos and photos & set(_targets(row))]
    if len(ours) == 1:
        return Found(_ref(graph, ours[0]), "The page has a post with the uploaded photos.")
    same = [
        row
        for row in rows
        if same_text(text, str(row.get("message") or "")) and len(list(_targets(row))) == len(photos)
    ]
    return _judged(same, (rows, complete), task, lambda row: _ref(graph, row))


async def _comment(graph: Graph, access: Access, task: PublishTask) -> Finding:
    if task.root is None:
        return Undecided("The post that the comment belongs to is not known.")
    try:
        rows, complete = await _list(
            graph, f"{task.root.id}/comments", _COMMENT_FIELDS, task, missing="The post is gone.", newest=True
        )
    except PlatformFault as trouble:
        if trouble.fault.kind is FaultKind.NOT_FOUND:
            return Undecided("The post that the comment belongs to is not there any more.")
        raise
    own = [row for row in rows if _author(row) == access.account.external_id]
    same = [row for row in own if same_text(posted_text(task.part), str(row.get("message") or ""))]
    return _judged(same, (own, complete), task, lambda row: comment_ref(str(row["id"]), task, row.get("permalink_url")))


def _judged(
    same: list[dict[str, Any]],
    listed: tuple[list[dict[str, Any]], bool],
    task: PublishTask,
    ref: Callable[[Mapping[str, Any]], PublishedRef],
) -> Finding:
    rows, complete = listed
    since_when = f"since {task.intended_at:%H:%M:%S} UTC"
    if len(same) == 1:
        return Found(ref(same[0]), f"One entry {since_when} has the text.")
    if same:
        return Undecided(f"{len(same)} entries {since_when} have the same text.")
    if not complete:
        return Undecided(f"The list has more than {PAGE * PAGES} entries {since_when}; not all were searched.")
    return Absent(f"None of {len(rows)} entries {since_when} is this one.")


async def _list(
    graph: Graph, path: str, fields: str, task: PublishTask, *, missing: str, newest: bool = False
) -> tuple[list[dict[str, Any]], bool]:
    """The entries made since the intent, and whether all of them were read."""
    if task.intended_at is None:
        return [], False
    began = int((task.intended_at - CLOCK_TOLERANCE).timestamp())
    params = {"fields": fields, "limit": str(PAGE), "since": str(began)}
    if newest:
        params |= {"order": "reverse_chronological", "filter": "stream"}
    found: list[dict[str, Any]] = []
    read = 0
    async for page in graph.pages(path, params, missing=missing):
        rows = [row for row in page if "id" in row]
        young = [row for row in rows if since(row, "created_time", task.intended_at)]
        found += young
        read += 1
        if len(young) < len(rows):
            return found, True
        if read == PAGES:
            return found, len(rows) < PAGE
    return found, True


def _targets(row: Mapping[str, Any]) -> Iterator[str]:
    """The ids of the photos that a post shows; an album stands for its photos."""
    attached = row.get("attachments")
    data = attached.get("data") if isinstance(attached, Mapping) else None
    for item in data if isinstance(data, list) else ():
        if not isinstance(item, Mapping):
            continue
        if "subattachments" in item:
            yield from _targets({"attachments": item["subattachments"]})
        elif item.get("media_type") == "photo":
            target = item.get("target")
            yield str(target.get("id")) if isinstance(target, Mapping) else ""


def _author(row: Mapping[str, Any]) -> str:
    author = row.get("from")
    return str(author.get("id")) if isinstance(author, Mapping) else ""


def _ref(graph: Graph, row: Mapping[str, Any]) -> PublishedRef:
    link = row.get("permalink_url")
    url = (
        link
        if isinstance(link, str) and link.startswith(("https://", "http://"))
        else f"{graph.cx.settings.at(DIALOG)}/{row['id']}"
    )
    return PublishedRef(str(row["id"]), url, {KIND: Kind.POST.value})
