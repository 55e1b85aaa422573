"""Uploading the files of a post: the repeatable half of publishing on Mastodon.

Each uploaded file's id is saved at once, so that a crash repeats at most one upload. The checkpoint is
`{"media": {<our media id>: <the server's id>}}`. Source: https://docs.joinmastodon.org/methods/media/
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from connectors.contract import Access, Context, Media, PrepareStep, PublishTask, Save
from connectors.faults import FaultKind
from connectors.mastodon.faults import refusal, refused, still_processing, unexpected
from connectors.transport import Answer, FilePart

POLL_INTERVAL: Final = timedelta(seconds=2)
"""How long to wait between two looks at a file that the server is processing."""
POLL_ATTEMPTS: Final = 30
"""How many looks one `prepare` takes before it gives up; the next one goes on with the same upload."""


async def upload_all(
    cx: Context, access: Access, task: PublishTask, save: Save, *, interval: timedelta, attempts: int
) -> Mapping[str, Any]:
    """Upload what the checkpoint does not have, wait until all of it is ready, give the final checkpoint.

    Raises `PlatformFault`: INVALID_MEDIA where the server refuses a file, PLATFORM_DOWN with a wait where a file is
    still being processed after all looks.
    """
    checkpoint: dict[str, Any] = dict(task.checkpoint)
    ids: dict[str, str] = dict(checkpoint.get("media", {}))
    for item in task.part.media:
        known = ids.get(item.id)
        if known is not None and await _ready(cx, access, known, interval=interval, attempts=attempts):
            continue
        # Nothing was uploaded yet, or the server has dropped a file that no post used in time.
        ids[item.id], ready = await _upload(cx, access, item)
        checkpoint["media"] = dict(ids)
        await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
        if not ready and not await _ready(cx, access, ids[item.id], interval=interval, attempts=attempts):
            raise refused(FaultKind.PLATFORM_DOWN, "The server lost a file that it had just taken.")
    return checkpoint


async def _upload(cx: Context, access: Access, item: Media) -> tuple[str, bool]:
    answer = await cx.http.send(
        "POST",
        f"{access.account.server}/api/v2/media",
        token=access.tokens.access,
        files=(FilePart("file", item.filename, item.mime, item.open(), item.size),),
        form={"description": item.alt} if item.alt else {},
    )
    if not answer.ok:
        raise refusal(answer, cx.now())
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise unexpected(answer, "The server took the file and did not name it.")
    return body["id"], answer.status == 200


async def _ready(cx: Context, access: Access, media_id: str, *, interval: timedelta, attempts: int) -> bool:
    """Wait until a file is ready; False where the server does not have it (any more)."""
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(interval.total_seconds())
        answer = await _look(cx, access, media_id)
        if answer.status == 404:
            return False
        if answer.status == 422:
            raise refused(FaultKind.INVALID_MEDIA, "The server could not process the file.")
        if answer.status != 206 and not answer.ok:
            raise refusal(answer, cx.now())
        if answer.status == 200:
            return True
    raise still_processing()


async def _look(cx: Context, access: Access, media_id: str) -> Answer:
    return await cx.http.send("GET", f"{access.account.server}/api/v1/media/{media_id}", token=access.tokens.access)
