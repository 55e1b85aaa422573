"""Sends a file's bytes to LinkedIn: pictures and documents in one piece, videos in the parts that LinkedIn names.

The addresses for a video's parts are signed and need no token; they are kept in the checkpoint with the mark (ETag) of
each part that is there, so that a crash repeats at most one part. Sources: images-api, documents-api and videos-api
under https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.contract import Access, Context, Media
from connectors.faults import FaultKind, PlatformFault
from connectors.linkedin import rest
from connectors.linkedin.capabilities import API, WEB
from connectors.linkedin.faults import refusal, refused, unexpected
from connectors.transport import Answer
from connectors.uploads import skip

Keep = Callable[[Mapping[str, Any] | None], Awaitable[None]]
"""Saves how far the upload of a video has come; None: it begins anew."""

SECONDS_AT_LEAST: Final = 60.0
BYTES_A_SECOND: Final = 250_000
"""The slowest line that an upload is given time for."""
_SPARE: Final = timedelta(minutes=2)
"""An address that ends sooner is not used any more."""


async def upload_whole(cx: Context, access: Access, item: Media, kind: str) -> str:
    """Upload a picture (`image`) or a document (`document`) in one piece and give its URN."""
    named = await _begin(cx, access, f"/rest/{kind}s", {"owner": access.account.external_id})
    urn, address = named.get(kind), named.get("uploadUrl")
    if not isinstance(urn, str) or not isinstance(address, str):
        raise refused(FaultKind.UNEXPECTED_ANSWER, "LinkedIn did not say where to upload the file.")
    # The token goes out with the bytes: only to LinkedIn, whatever the answer names.
    answer = await cx.http.send(
        "PUT",
        _linkedins(cx, address),
        content=item.open(),
        content_length=item.size,
        token=access.tokens.access,
        timeout=_seconds(item.size),
    )
    if not answer.ok:
        raise refusal(answer, cx.now())
    return urn


async def upload_video(cx: Context, access: Access, item: Media, held: Mapping[str, Any] | None, keep: Keep) -> str:
    """Upload a video part by part, going on with what is `held`, and give its URN."""
    if held is None or _ended(held, cx.now()):
        held = await _begin_video(cx, access, item)
        await keep(held)
    marks: list[str] = list(held["marks"])
    parts: list[Mapping[str, Any]] = list(held["parts"])
    left = parts[len(marks) :]
    if not left and await _is_ended(cx, access, held["urn"]):
        return str(held["urn"])  # the process died just after it had said that this was all
    sizes = [part["last"] - part["first"] + 1 for part in left]
    start = left[0]["first"] if left else 0
    pieces = _pieces(item.open(), start, sizes)
    for part in left:
        try:
            marks.append(await _send_part(cx, part["url"], await anext(pieces)))
        except PlatformFault as trouble:
            if trouble.fault.code == "EXPIRED_UPLOAD_URL":
                await keep(None)
            raise
        held = {**held, "marks": list(marks)}
        await keep(held)
    done = {"video": held["urn"], "uploadToken": held["token"], "uploadedPartIds": marks}
    answer = await rest.call(
        cx, access, "POST", "/rest/videos?action=finalizeUpload", json={"finalizeUploadRequest": done}
    )
    if not answer.ok:
        raise refusal(answer, cx.now())
    return str(held["urn"])


async def _begin(cx: Context, access: Access, path: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = await rest.call(
        cx, access, "POST", f"{path}?action=initializeUpload", json={"initializeUploadRequest": dict(wanted)}
    )
    value = rest.body(cx, answer).get("value")
    if not isinstance(value, Mapping):
        raise unexpected(answer, "LinkedIn did not say where to upload the file.")
    return value


async def _begin_video(cx: Context, access: Access, item: Media) -> Mapping[str, Any]:
    wanted = {
        "owner": access.account.external_id,
        "fileSizeBytes": item.size,
        "uploadCaptions": False,
        "uploadThumbnail": False,
    }
    named = await _begin(cx, access, "/rest/videos", wanted)
    try:
        parts: list[dict[str, Any]] = [
            {"url": str(one["uploadUrl"]), "first": int(one["firstByte"]), "last": int(one["lastByte"])}
            for one in named["uploadInstructions"]
        ]
        urn, token, ends = str(named["video"]), str(named.get("uploadToken") or ""), int(named["uploadUrlsExpireAt"])
    except (KeyError, TypeError, ValueError) as error:
        raise refused(FaultKind.UNEXPECTED_ANSWER, "LinkedIn did not say how to upload the video.") from error
    if [part["first"] for part in parts] != [0, *(part["last"] + 1 for part in parts[:-1])] or (
        parts[-1]["last"] != item.size - 1
    ):
        raise refused(FaultKind.UNEXPECTED_ANSWER, "LinkedIn wants the video in parts that do not make up the file.")
    return {"urn": urn, "token": token, "ends": ends, "parts": parts, "marks": []}


async def _is_ended(cx: Context, access: Access, urn: str) -> bool:
    answer = await rest.call(cx, access, "GET", f"/rest/videos/{rest.encoded(urn)}")
    return answer.ok and rest.body(cx, answer).get("status") != "WAITING_UPLOAD"


async def _send_part(cx: Context, url: str, data: bytes) -> str:
    answer: Answer = await cx.http.send(
        "PUT",
        _linkedins(cx, url),
        headers={"content-type": "application/octet-stream"},
        content=data,
        timeout=_seconds(len(data)),
    )
    if not answer.ok:
        raise refusal(answer, cx.now())
    mark = answer.headers.get("etag", "").strip().removeprefix("W/").strip('"')
    if not mark:
        raise unexpected(answer, "LinkedIn took a part of the video without marking it.")
    return mark


async def _pieces(source: AsyncIterator[bytes], start: int, sizes: Sequence[int]) -> AsyncIterator[bytes]:
    """Pieces of exactly these sizes, from `start` on. Raises INVALID_MEDIA where the file is shorter."""
    held = bytearray()
    rest_of_file = skip(source, start)
    for size in sizes:
        while len(held) < size:
            more = await anext(rest_of_file, None)
            if more is None:
                raise refused(FaultKind.INVALID_MEDIA, "The file is shorter than it was when it was uploaded to POSTD.")
            held += more
        yield bytes(held[:size])
        del held[:size]


def _ended(held: Mapping[str, Any], now: datetime) -> bool:
    return datetime.fromtimestamp(held["ends"] / 1000, UTC) - now < _SPARE


def _linkedins(cx: Context, address: str) -> str:
    pieces = urlsplit(address)
    ours = {cx.settings.at(WEB), cx.settings.at(API)}
    host = pieces.hostname or ""
    if f"{pieces.scheme}://{pieces.netloc}" in ours or (pieces.scheme == "https" and host.endswith(".linkedin.com")):
        return address
    raise refused(FaultKind.UNEXPECTED_ANSWER, "LinkedIn names an address for the upload that is not its own.")


def _seconds(size: int) -> float:
    return max(SECONDS_AT_LEAST, size / BYTES_A_SECOND)
