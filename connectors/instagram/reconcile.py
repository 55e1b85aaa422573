"""Finding out whether a publish whose answer was lost happened: the container says so itself. Reads only.

PUBLISHED proves that it went out, FINISHED and EXPIRED that it did not; the post's own id is then found by text and
time among the newest posts. Source: https://developers.facebook.com/docs/instagram-platform/content-publishing
"""

from __future__ import annotations

from typing import Any, Final

from connectors.capabilities import FormatKey
from connectors.contract import Absent, Access, Finding, Found, PublishedRef, PublishTask, Undecided
from connectors.faults import FaultKind, PlatformFault
from connectors.instagram.containers import CONTAINER, Code, status_of
from connectors.instagram.kinds import COMMENT, FORMAT, caption_of, format_at
from connectors.meta.graph import Graph
from connectors.meta.likeness import same_text, since

_NEWEST: Final = "25"
_PRODUCTS: Final = {FormatKey.STORY: "STORY", FormatKey.REEL: "REELS"}
_FIELDS: Final = "id,caption,permalink,timestamp,media_product_type"


async def reconcile(graph: Graph, access: Access, task: PublishTask) -> Finding:
    """Look the task's part up. Raises `PlatformFault` where Instagram cannot be asked now."""
    if task.intended_at is None:
        return Undecided("The time of sending is not known, so nothing can be searched.")
    if task.position > 0:
        return await _comment(graph, access, task)
    container = task.checkpoint.get(CONTAINER)
    if container is None:
        return Absent("No draft of the post was made, so nothing can have been published.")
    code = await status_of(graph, container)
    match code:
        case Code.PUBLISHED:
            return await _media(graph, access, task)
        case Code.FINISHED:
            return Absent("Instagram says that the draft is ready and not published.")
        case Code.EXPIRED:
            return Absent("Instagram says that the draft was not published within a day.")
        case _:
            return Undecided(f"Instagram says of the draft: {code.value if code else 'nothing that is known'}.")


async def _media(graph: Graph, access: Access, task: PublishTask) -> Finding:
    key = format_at(task.part, task.position, task.options)
    edge = "stories" if key is FormatKey.STORY else "media"
    body = await graph.get(f"{access.account.external_id}/{edge}", {"fields": _FIELDS, "limit": _NEWEST})
    same = [
        row
        for row in _rows(body, task)
        if str(row.get("media_product_type", "")) == _PRODUCTS.get(key, "FEED")
        and (key is FormatKey.STORY or same_text(caption_of(task.part), str(row.get("caption") or "")))
    ]
    if len(same) != 1:
        return Undecided(f"It is published; {len(same)} posts of that time could be it.")
    link = same[0].get("permalink")
    url = link if isinstance(link, str) and link.startswith(("https://", "http://")) else None
    return Found(
        PublishedRef(str(same[0]["id"]), url, {FORMAT: key.value}), "The draft is published; one post has its text."
    )


async def _comment(graph: Graph, access: Access, task: PublishTask) -> Finding:
    if task.root is None:
        return Undecided("The post that the comment belongs to is not known.")
    params = {"fields": "id,text,timestamp,username", "limit": "50"}
    found: list[dict[str, Any]] = []
    try:
        async for page in graph.pages(f"{task.root.id}/comments", params, missing="The post is gone."):
            found += _rows({"data": page}, task)
    except PlatformFault as trouble:
        if trouble.fault.kind is FaultKind.NOT_FOUND:
            return Undecided("The post that the comment belongs to is not there any more.")
        raise
    own = [row for row in found if str(row.get("username", access.account.handle)) == access.account.handle]
    same = [row for row in own if same_text(caption_of(task.part), str(row.get("text") or ""))]
    if len(same) > 1:
        return Undecided(f"{len(same)} comments of that time have the same text.")
    if not same:
        return Absent(f"None of {len(own)} comments of that time is this one.")
    return Found(PublishedRef(str(same[0]["id"]), task.root.url, {FORMAT: COMMENT}), "One comment has the text.")


def _rows(body: dict[str, Any], task: PublishTask) -> list[dict[str, Any]]:
    """The entries that were made since the intent."""
    rows = body.get("data")
    if task.intended_at is None or not isinstance(rows, list):
        return []
    return [row for row in rows if isinstance(row, dict) and "id" in row and since(row, "timestamp", task.intended_at)]
