"""Everything about files that may be repeated before a publish: upload each once, wait until LinkedIn has processed it.

The checkpoint is `{"media": {<our media id>: <URN>}, "uploads": {<our media id>: <a video half uploaded>}}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from connectors.capabilities import MediaKind
from connectors.contract import Access, Context, Media, Part, PrepareStep, PublishTask, Save
from connectors.faults import FaultKind
from connectors.linkedin import rest
from connectors.linkedin.faults import refusal, refused, still_processing
from connectors.linkedin.uploads import upload_video, upload_whole

POLL_INTERVAL: Final = timedelta(seconds=3)
"""How long to wait between two looks at a file that LinkedIn is processing."""
POLL_ATTEMPTS: Final = 20
"""How many looks one `prepare` takes before it gives up; the next one goes on with the same upload."""

_COLLECTIONS: Final[Mapping[MediaKind, str]] = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.DOCUMENT: "document",
}


async def upload_all(
    cx: Context, access: Access, task: PublishTask, save: Save, *, interval: timedelta, attempts: int
) -> Mapping[str, Any]:
    """Upload what the checkpoint does not have, wait until all of it is ready, give the final checkpoint.

    Raises `PlatformFault`: INVALID_MEDIA where LinkedIn refuses a file, PLATFORM_DOWN with a wait where a file is still
    being processed after all looks.
    """
    checkpoint: dict[str, Any] = dict(task.checkpoint)
    for item in files_of(task.part):
        known = checkpoint.get("media", {}).get(item.id)
        if known is not None and await _ready(cx, access, item, known, interval=interval, attempts=attempts):
            continue
        urn = await _upload(cx, access, item, checkpoint, save)
        checkpoint["media"] = {**checkpoint.get("media", {}), item.id: urn}
        if uploads := {key: held for key, held in checkpoint.pop("uploads", {}).items() if key != item.id}:
            checkpoint["uploads"] = uploads
        await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
        if not await _ready(cx, access, item, urn, interval=interval, attempts=attempts):
            raise refused(FaultKind.PLATFORM_DOWN, "LinkedIn lost a file that it had just taken.")
    return checkpoint


def files_of(part: Part) -> tuple[Media, ...]:
    """The files that go up with a part: its own, or the picture of its card."""
    if part.media or part.link is None or part.link.thumbnail is None:
        return part.media
    return (part.link.thumbnail,)


def urns(task: PublishTask) -> Mapping[str, str]:
    """The URN of each uploaded file, by `Media.id`."""
    found: Mapping[str, str] = task.checkpoint.get("media", {})
    return found


async def _upload(cx: Context, access: Access, item: Media, checkpoint: dict[str, Any], save: Save) -> str:
    if item.kind is not MediaKind.VIDEO:
        return await upload_whole(cx, access, item, _COLLECTIONS[item.kind])

    async def keep(held: Mapping[str, Any] | None) -> None:
        others = {key: one for key, one in checkpoint.get("uploads", {}).items() if key != item.id}
        checkpoint["uploads"] = others if held is None else {**others, item.id: held}
        await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))

    return await upload_video(cx, access, item, checkpoint.get("uploads", {}).get(item.id), keep)


async def _ready(cx: Context, access: Access, item: Media, urn: str, *, interval: timedelta, attempts: int) -> bool:
    """Wait until a file is ready; False where LinkedIn does not have it (any more)."""
    path = f"/rest/{_COLLECTIONS[item.kind]}s/{rest.encoded(urn)}"
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(interval.total_seconds())
        answer = await rest.call(cx, access, "GET", path)
        if answer.status == 404:
            return False
        if answer.status == 403:
            # A right that only posts may not look. A post that comes too soon is refused without an effect.
            return True
        if not answer.ok:
            raise refusal(answer, cx.now())
        status = rest.body(cx, answer).get("status")
        if status == "PROCESSING_FAILED":
            raise refused(FaultKind.INVALID_MEDIA, "LinkedIn could not process the file.")
        if status == "AVAILABLE":
            return True
    raise still_processing()
