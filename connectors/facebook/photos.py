"""Photos that are uploaded without being published: the repeatable half of posts and photo stories.

Each photo's id is saved at once, so that a crash repeats at most one upload. Facebook drops photos that nothing uses
after a day, so an id that is older is not relied on.
Source: https://developers.facebook.com/docs/graph-api/reference/page/photos/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.contract import Media, PrepareStep, PublishTask, Save
from connectors.facebook.kinds import PHOTOS
from connectors.meta.graph import Graph, text_in
from connectors.transport import FilePart

KEPT: Final = timedelta(hours=20)
"""How long an uploaded photo is relied on."""


async def upload_photos(graph: Graph, page: str, task: PublishTask, save: Save) -> Mapping[str, Any]:
    """Upload what the checkpoint does not have; gives the final checkpoint."""
    checkpoint = dict(task.checkpoint)
    photos: dict[str, Any] = dict(checkpoint.get(PHOTOS, {}))
    now = graph.cx.now()
    for item in task.part.media:
        known = photos.get(item.id)
        if known is not None and now - datetime.fromisoformat(known["at"]) < KEPT:
            continue
        photos[item.id] = {"id": await _upload(graph, page, item), "at": now.isoformat()}
        checkpoint[PHOTOS] = dict(photos)
        await save(PrepareStep.MEDIA_UPLOADED, dict(checkpoint))
    return checkpoint


async def _upload(graph: Graph, page: str, item: Media) -> str:
    form = {"published": "false"} | ({"alt_text_custom": item.alt} if item.alt else {})
    file = FilePart("source", item.filename, item.mime, item.open(), item.size)
    body = await graph.post(f"{page}/photos", form, files=(file,))
    return text_in(body, "id", "Facebook took the photo and did not name it.")
