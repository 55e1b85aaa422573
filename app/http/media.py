"""Files over our own address, where the store is a folder: upload by token, read by signature.

The promise: an upload writes only the one file that its token is for, never more bytes than were announced, and not
after it has expired. A file that is read back is inert: a browser that opens it downloads it, runs nothing of it and
believes no other type than ours. Platforms that fetch files read them here, whole or in ranges.
"""

from __future__ import annotations

import asyncio
import hashlib
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from app.domain.media.model import MediaFile
from app.flows.media.transfer import find_readable, find_upload, receive
from app.flows.runtime import Runtime
from app.http.ranges import NotInside, wanted
from app.http.refusals import refused
from app.kernel.errors import DomainError
from app.services.storage import FileTooLarge

INERT = "default-src 'none'; sandbox; frame-ancestors 'none'"


def routes(rt: Runtime) -> list[BaseRoute]:
    """Both addresses."""

    async def upload(request: Request) -> Response:
        return await _upload(rt, request)

    async def read(request: Request) -> Response:
        return await _read(rt, request)

    largest = rt.settings.media_max_bytes
    return [
        Route("/media/{id:uuid}/upload", upload, methods=["PUT"], name="media-upload", max_body_size=largest),
        Route("/media/{id:uuid}", read, methods=["GET"], name="media"),
    ]


async def _upload(rt: Runtime, request: Request) -> Response:
    try:
        file = await find_upload(rt, request.path_params["id"], request.query_params.get("token", ""))
        length = request.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > (file.declared_size or 0):
            raise FileTooLarge(file.declared_size or 0)
        async with asyncio.timeout(_seconds_left(rt, file)):
            await receive(rt, file, request.stream())
    except DomainError as error:
        return refused(error)
    except TimeoutError:
        return Response(status_code=408, headers={"Connection": "close"})
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it; nothing was kept
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def _read(rt: Runtime, request: Request) -> Response:
    asked = request.query_params
    copy, expires, signature = asked.get("copy"), asked.get("expires", ""), asked.get("signature", "")
    try:
        file = await find_readable(rt, request.path_params["id"], copy, expires, signature)
    except DomainError as error:
        return refused(error)
    tag = f'"{hashlib.sha256(file.object_key.encode()).hexdigest()[:32]}"'  # bytes under a key never change
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": disposition(file.filename),
        "Content-Security-Policy": INERT,
        "Cross-Origin-Resource-Policy": "cross-origin",  # frontends of other origins show previews of it
        "Cache-Control": "private, max-age=900, immutable",
        "ETag": tag,
    }
    if request.method == "HEAD":
        headers["Content-Length"] = str(file.size)
        return Response(headers=headers, media_type=file.mime)
    try:
        part = wanted(request.headers.get("range"), request.headers.get("if-range"), tag, file.size)
    except NotInside:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size}"})
    if part is None:
        headers["Content-Length"] = str(file.size)
        return StreamingResponse(rt.store.get(file.object_key), headers=headers, media_type=file.mime)
    start, end = part
    headers |= {"Content-Length": str(end - start), "Content-Range": f"bytes {start}-{end - 1}/{file.size}"}
    return StreamingResponse(rt.store.get(file.object_key, start, end), 206, headers, media_type=file.mime)


def disposition(filename: str) -> str:
    """A header that makes a browser save the file under its own name (RFC 6266), whatever characters that has."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _seconds_left(rt: Runtime, file: MediaFile) -> float:
    ends = file.upload_expires_at
    return 0.0 if ends is None else (ends - rt.clock.now()).total_seconds()
