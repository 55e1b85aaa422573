"""Videos that are uploaded without being published, in pieces, and go on where they broke off.

Plain videos are uploaded through the page's own edge (start, transfer, finish), reels and video stories through the
upload host. Both give the video's id before anything is published: by it a lost answer is settled.
Sources: https://developers.facebook.com/docs/graph-api/reference/page/videos/,
https://developers.facebook.com/docs/video-api/guides/reels-publishing
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from connectors.contract import Media, PrepareStep, PublishTask, Save
from connectors.facebook.kinds import VIDEO
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.faults import Refusal, refused, says
from connectors.meta.graph import Graph, text_in
from connectors.meta.rules import UPLOAD_HICCUPS, UPLOAD_OFFSET
from connectors.meta.rupload import SLOWEST, send_file, sent_bytes
from connectors.transport import FilePart
from connectors.uploads import skip

_GONE: Final = "Facebook has dropped the upload."


async def upload_in_chunks(graph: Graph, page: str, task: PublishTask, save: Save) -> Mapping[str, Any]:
    """Upload a plain video up to its last byte; gives the final checkpoint. What is saved goes on."""
    (item,) = task.part.media
    checkpoint = dict(task.checkpoint)
    resumed = VIDEO in checkpoint
    if not resumed:
        checkpoint[VIDEO] = await _start(graph, page, item)
        await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
    try:
        return await _transfer(graph, page, item, checkpoint, save)
    except PlatformFault as trouble:
        if not resumed or not says(trouble.fault, UPLOAD_HICCUPS):
            raise
    # The session that was saved is over: once more from the beginning.
    checkpoint[VIDEO] = await _start(graph, page, item)
    await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
    return await _transfer(graph, page, item, checkpoint, save)


async def upload_whole(graph: Graph, page: str, edge: str, task: PublishTask, save: Save) -> Mapping[str, Any]:
    """Upload a reel or a video story (`edge`); gives the final checkpoint. What is saved goes on."""
    (item,) = task.part.media
    checkpoint = dict(task.checkpoint)
    if VIDEO not in checkpoint:
        body = await graph.post(f"{page}/{edge}", {"upload_phase": "start"})
        checkpoint[VIDEO] = {
            "id": text_in(body, "video_id", "Facebook began an upload and did not name the video."),
            "url": text_in(body, "upload_url", "Facebook did not say where to upload the video."),
            "done": False,
        }
        await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
        offset = 0
    elif checkpoint[VIDEO]["done"]:
        return checkpoint
    else:
        offset = sent_bytes(await graph.get(checkpoint[VIDEO]["id"], {"fields": "status"}, missing=_GONE), "status")
    if offset < item.size:
        await send_file(graph, checkpoint[VIDEO]["url"], item, offset)
    checkpoint[VIDEO] = {**checkpoint[VIDEO], "done": True}
    await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
    return checkpoint


async def _start(graph: Graph, page: str, item: Media) -> dict[str, Any]:
    body = await graph.post(f"{page}/videos", {"upload_phase": "start", "file_size": str(item.size)})
    return {
        "id": text_in(body, "video_id", "Facebook began an upload and did not name the video."),
        "session": text_in(body, "upload_session_id", "Facebook began an upload and did not name it."),
        **_offsets(body),
    }


async def _transfer(graph: Graph, page: str, item: Media, checkpoint: dict[str, Any], save: Save) -> Mapping[str, Any]:
    moved = False
    while checkpoint[VIDEO]["start"] < checkpoint[VIDEO]["end"]:
        try:
            fresh = _offsets(await _chunk(graph, page, item, checkpoint[VIDEO]))
        except Refusal as trouble:
            data = trouble.error.get("error_data")
            if not says(trouble.fault, UPLOAD_OFFSET) or moved or not isinstance(data, Mapping):
                raise
            fresh, moved = _offsets(data), True  # it has other bytes than we knew; twice in a row is no progress
        else:
            moved = False
        checkpoint[VIDEO] = {**checkpoint[VIDEO], **fresh}
        await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
    return checkpoint


async def _chunk(graph: Graph, page: str, item: Media, at: Mapping[str, Any]) -> dict[str, Any]:
    start, count = at["start"], at["end"] - at["start"]
    content = _window(item.open(), start, count)
    return await graph.post(
        f"{page}/videos",
        {"upload_phase": "transfer", "upload_session_id": at["session"], "start_offset": str(start)},
        files=(FilePart("video_file_chunk", item.filename, item.mime, content, count),),
        timeout=60 + count / SLOWEST,
    )


async def _window(source: AsyncIterator[bytes], start: int, count: int) -> AsyncIterator[bytes]:
    """`count` bytes from `start` on."""
    async for piece in skip(source, start):
        yield piece[:count]
        count -= len(piece)
        if count <= 0:
            return


def _offsets(body: Mapping[str, Any]) -> dict[str, int]:
    try:
        return {"start": int(body["start_offset"]), "end": int(body["end_offset"])}
    except (KeyError, TypeError, ValueError):
        raise refused(FaultKind.UNEXPECTED_ANSWER, "Facebook did not say where the upload goes on.") from None
