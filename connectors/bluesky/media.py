"""Uploads the files of a post and finds out whom it mentions: everything that may be repeated before a publish.

A server forgets a file that no post refers to within a while (`com.atproto.repo.uploadBlob`), so an upload that has
become old is made again. The same bytes give the same reference, so the post's record does not change by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.bluesky import xrpc
from connectors.bluesky.faults import unexpected
from connectors.bluesky.text import mentioned
from connectors.contract import Access, Context, Media, Part, PrepareStep, PublishTask, Save
from connectors.faults import FaultKind, PlatformFault

UPLOAD_KEPT = timedelta(minutes=30)
"""How long an upload counts as still there. Servers keep it for an hour or more."""

BLOBS = "blobs"
MENTIONS = "mentions"


async def prepare(cx: Context, access: Access, task: PublishTask, save: Save) -> dict[str, Any]:
    """Upload what is not there yet, saving after each file, then resolve the mentions. Gives the final checkpoint."""
    checkpoint = {**task.checkpoint, BLOBS: dict(task.checkpoint.get(BLOBS, {}))}
    for item in _files(task.part):
        known = checkpoint[BLOBS].get(item.id)
        if known is None or cx.now() - datetime.fromisoformat(known["uploaded_at"]) > UPLOAD_KEPT:
            blob = await upload(cx, access, item)
            uploaded = {"blob": blob, "uploaded_at": cx.now().isoformat()}
            checkpoint = {**checkpoint, BLOBS: {**checkpoint[BLOBS], item.id: uploaded}}
            await save(PrepareStep.MEDIA_UPLOADED, checkpoint)
    known_dids: Mapping[str, str | None] = checkpoint.get(MENTIONS, {})
    dids = {handle: known_dids[handle] for handle in mentioned(task.part.text) if handle in known_dids}
    for handle in mentioned(task.part.text):
        if handle not in dids:
            dids[handle] = await _did_of(cx, access, handle)
    await xrpc.warm_up(cx, access)
    return {**checkpoint, MENTIONS: dids}


def blobs(checkpoint: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The server's description of each uploaded file, by `Media.id`."""
    return {key: entry["blob"] for key, entry in checkpoint.get(BLOBS, {}).items()}


def dids(checkpoint: Mapping[str, Any]) -> Mapping[str, str | None]:
    """Who is behind each mentioned handle; None: nobody."""
    found: Mapping[str, str | None] = checkpoint.get(MENTIONS, {})
    return found


async def upload(cx: Context, access: Access, item: Media) -> dict[str, Any]:
    """Send one file to the account's server and give the server's description of it, to be used word for word."""
    answer = await xrpc.send(
        cx,
        access,
        "POST",
        "com.atproto.repo.uploadBlob",
        headers={"content-type": item.mime},
        content=item.open,
        content_length=item.size,
        timeout=xrpc.upload_seconds(item.size),
    )
    blob = xrpc.body(answer).get("blob")
    if not isinstance(blob, dict) or "ref" not in blob:
        raise unexpected("The server did not describe the uploaded file.", answer)
    return blob


def _files(part: Part) -> tuple[Media, ...]:
    if part.media or part.link is None or part.link.thumbnail is None:
        return part.media
    return (part.link.thumbnail,)


async def _did_of(cx: Context, access: Access, handle: str) -> str | None:
    """Who is mentioned, as the account's own server knows it: hosts that a text names are not called from here."""
    params = {"handle": handle}
    try:
        answer = await xrpc.read(cx, access.account.server, "com.atproto.identity.resolveHandle", params)
        return xrpc.text(answer, "did")
    except PlatformFault as refused:
        # Only a clear "nobody" makes it plain text. Anything else is tried again: a mention is not lost silently.
        if refused.fault.kind is FaultKind.NOT_FOUND or refused.fault.kind is FaultKind.INVALID_CONTENT:
            return None
        raise
