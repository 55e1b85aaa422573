"""Publishing on a page: one irreversible request, whatever the kind; then videos are asked about until they are out.

Sources: https://developers.facebook.com/docs/pages-api/posts, .../docs/page-stories-api,
.../docs/video-api/guides/reels-publishing, .../docs/graph-api/reference/object/comments/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson

from connectors.contract import (
    Access,
    Failed,
    Media,
    Outcome,
    Part,
    Pending,
    Published,
    PublishedRef,
    PublishTask,
    Unknown,
)
from connectors.facebook.kinds import KIND, PHOTOS, VIDEO, Kind, kind_of, photo_ids, video_id
from connectors.facebook.status import State, ref_of_video, state_of
from connectors.faults import HINTS, Effect, Fault, FaultKind, PlatformFault
from connectors.meta.faults import lacking, refused
from connectors.meta.graph import Graph, text_in
from connectors.meta.hosts import DIALOG
from connectors.transport import FilePart

LOOK_AGAIN: Final = timedelta(seconds=15)
"""How long to wait between two looks at a video that Facebook is processing."""
_NO_PARENT: Final = "The post that this comment belongs to is not there any more."


@dataclass(frozen=True, slots=True)
class _Request:
    """The irreversible request of a kind of post."""

    path: str
    form: Mapping[str, str]
    named: str | None = "id"
    """The field of the answer that names what was made; None where it is a video, whose id is known."""
    files: tuple[FilePart, ...] = ()


async def publish(graph: Graph, access: Access, task: PublishTask) -> Outcome:
    """Make the request. A video is `Pending` afterwards: Facebook has taken it and is working on it."""
    kind = kind_of(task)
    try:
        request = _request(kind, access.account.external_id, task)
        missing = _NO_PARENT if kind is Kind.COMMENT else None
        body = await graph.post(request.path, request.form, files=request.files or None, effect=True, missing=missing)
        if request.named is None:
            if body.get("success") is not True:
                raise lacking("Facebook did not confirm that it took the video.", effect=True)
            return Pending(dict(task.checkpoint), LOOK_AGAIN)
        return Published(
            _ref(graph, kind, text_in(body, request.named, "Facebook did not name the post.", effect=True), task)
        )
    except PlatformFault as trouble:
        return Failed(trouble.fault) if trouble.fault.effect is Effect.NONE else Unknown(trouble.fault)


async def poll(graph: Graph, task: PublishTask) -> Outcome:
    """Look once at a video that Facebook is processing."""
    known = video_id(task)
    if known is None:
        raise refused(FaultKind.UNEXPECTED_ANSWER, "There is no video whose state could be asked for.")
    body = await graph.get(known, {"fields": "status,permalink_url"}, missing="Facebook has dropped the video.")
    state, words = state_of(body)
    match state:
        case State.PUBLISHED:
            return Published(ref_of_video(graph, known, body, kind_of(task)))
        case State.BROKEN:
            kind = FaultKind.INVALID_MEDIA
            return Failed(Fault(kind, f"Facebook could not process the video. {words}".strip(), HINTS[kind]))
        case _:
            return Pending(dict(task.checkpoint), LOOK_AGAIN)


def posted_text(part: Part, *, card: bool = False) -> str:
    """The text as it goes out: with the link's address, unless it goes out as a card or stands there already."""
    url = part.link.url if part.link is not None and not card else ""
    if not url or url in part.text:
        return part.text
    return f"{part.text}\n\n{url}" if part.text.strip() else url


def _request(kind: Kind, page: str, task: PublishTask) -> _Request:
    match kind:
        case Kind.COMMENT:
            if task.root is None:
                raise refused(FaultKind.NOT_FOUND, _NO_PARENT)
            photos = _photos(task)
            attached = {"attachment_id": photos[0]} if photos else {}
            return _Request(f"{task.root.id}/comments", {**_said("message", posted_text(task.part)), **attached})
        case Kind.PHOTO_STORY:
            (photo,) = _photos(task)
            return _Request(f"{page}/photo_stories", {"photo_id": photo}, "post_id")
        case Kind.VIDEO_STORY:
            return _Request(f"{page}/video_stories", {"upload_phase": "finish", "video_id": _video(task)}, "post_id")
        case Kind.REEL:
            form = {"upload_phase": "finish", "video_id": _video(task), "video_state": "PUBLISHED"}
            return _Request(f"{page}/video_reels", {**form, **_described(task), **_placed(task)}, None)
        case Kind.VIDEO:
            form = {"upload_phase": "finish", "upload_session_id": task.checkpoint[VIDEO]["session"]}
            return _Request(f"{page}/videos", {**form, **_described(task)}, None, _cover(task))
        case Kind.POST:
            return _Request(f"{page}/feed", _feed(task))


def _feed(task: PublishTask) -> dict[str, str]:
    photos, part = _photos(task), task.part
    card = part.link is not None and not photos
    form = {**_said("message", posted_text(part, card=card)), **_placed(task)}
    if card and part.link is not None:
        form["link"] = part.link.url
    for index, photo in enumerate(photos):
        form[f"attached_media[{index}]"] = orjson.dumps({"media_fbid": photo}).decode()
    return form


def _described(task: PublishTask) -> dict[str, str]:
    return {**_said("description", posted_text(task.part)), **_said("title", str(task.options.get("title") or ""))}


def _placed(task: PublishTask) -> dict[str, str]:
    return _said("place", str(task.options.get("place") or ""))


def _cover(task: PublishTask) -> tuple[FilePart, ...]:
    """The picture that stands for a video, sent with the request that publishes it."""
    item = task.options.get("cover")
    return (FilePart("thumb", item.filename, item.mime, item.open(), item.size),) if isinstance(item, Media) else ()


def _said(name: str, text: str) -> dict[str, str]:
    return {name: text} if text.strip() else {}


def _photos(task: PublishTask) -> list[str]:
    found = photo_ids(task)
    if len(found) != len(task.part.media):
        raise refused(FaultKind.UNEXPECTED_ANSWER, f"Not all photos are uploaded ({PHOTOS}).")
    return found


def _video(task: PublishTask) -> str:
    known = video_id(task)
    if known is None:
        raise refused(FaultKind.UNEXPECTED_ANSWER, "The video is not uploaded.")
    return known


def _ref(graph: Graph, kind: Kind, made: str, task: PublishTask) -> PublishedRef:
    if kind is Kind.COMMENT:
        return comment_ref(made, task)
    # The address with the post's id leads to wherever the post is shown. Stories have no lasting address.
    url = f"{graph.cx.settings.at(DIALOG)}/{made}" if kind is Kind.POST else None
    return PublishedRef(made, url, {KIND: kind.value})


def comment_ref(made: str, task: PublishTask, url: Any = None) -> PublishedRef:
    """The reference of a comment; its own address where Facebook gave it, else that of the post."""
    shown = url if isinstance(url, str) else (task.root.url if task.root is not None else None)
    return PublishedRef(made, shown, {KIND: Kind.COMMENT.value})
