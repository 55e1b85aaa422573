"""The host that takes the bytes of videos (`rupload.facebook.com`): one request a file, from any offset.

Source: https://developers.facebook.com/docs/video-api/guides/reels-publishing (upload the video, resume an upload)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.contract import Media
from connectors.faults import FaultKind
from connectors.meta.faults import error_of, refusal, refused
from connectors.meta.graph import Graph
from connectors.meta.hosts import UPLOADS
from connectors.transport import Answer
from connectors.uploads import skip

SLOWEST: Final = 250_000
"""Bytes a second; an upload that is slower is given up and goes on later."""


async def send_file(graph: Graph, url: str, item: Media, offset: int) -> None:
    """Send the file's bytes from `offset` on to the address that an upload was given.

    Raises `PlatformFault`: FORBIDDEN_ADDRESS where the address is not on Meta's upload host (it would get the token),
    INVALID_MEDIA where the file is refused, PLATFORM_DOWN where it can go on later.
    """
    if not url.startswith(f"{graph.cx.settings.at(UPLOADS)}/"):
        raise refused(FaultKind.FORBIDDEN_ADDRESS, "Meta named an address for the upload that is not its own.")
    left = item.size - offset
    answer = await graph.cx.http.send(
        "POST",
        url,
        headers={
            "authorization": f"OAuth {graph.token.reveal()}",
            "offset": str(offset),
            "file_size": str(item.size),
        },
        content=skip(item.open(), offset),
        content_length=left,
        timeout=60 + left / SLOWEST,
    )
    if not answer.ok:
        raise _refusal(graph, answer)


def sent_bytes(body: Mapping[str, Any], name: str) -> int:
    """How many bytes Meta has of an upload, by the status under `name`; the pages and the API spell it differently."""
    status = body.get(name)
    phase = status.get("uploading_phase") if isinstance(status, Mapping) else None
    if not isinstance(phase, Mapping):
        return 0
    count = phase.get("bytes_transferred", phase.get("bytes_transfered"))
    return count if isinstance(count, int) and count > 0 else 0


def _refusal(graph: Graph, answer: Answer) -> Exception:
    if error_of(answer.body):
        return refusal(answer, graph.cx.now(), graph.rules)
    debug = answer.json().get("debug_info") if answer.body.startswith(b"{") else None
    info = debug if isinstance(debug, Mapping) else {}
    words = str(info.get("message") or "")[:300]
    if info.get("retriable") is True or info.get("type") in {"OffsetInvalidError", "PartialRequestError"}:
        return refused(FaultKind.PLATFORM_DOWN, f"The upload broke off; it goes on where it stopped. {words}".strip())
    if answer.status >= 500 or not info:
        return refused(FaultKind.PLATFORM_DOWN, f"Meta's upload host is in trouble (it answered {answer.status}).")
    return refused(FaultKind.INVALID_MEDIA, f"Meta refuses the video. {words}".strip())
