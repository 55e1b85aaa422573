"""Blobs: `com.atproto.repo.uploadBlob`, and the check that a record refers only to what was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import puremagic
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from connectors.sandbox.bluesky.authentication import Authentication
from connectors.sandbox.bluesky.cid import cid_of_bytes
from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.limits import spend_upload
from connectors.sandbox.bluesky.xrpc import answer, bare
from connectors.sandbox.world import World

LARGEST = 100_000_000  # bytes; the largest that a lexicon allows (video)
_TABLE = "bluesky.blobs"


@dataclass(frozen=True, slots=True)
class Uploads:
    """Takes and knows the blobs of every account."""

    world: World
    authentication: Authentication

    def routes(self) -> list[BaseRoute]:
        """The one route."""
        return [bare("com.atproto.repo.uploadBlob", self.upload)]

    async def upload(self, request: Request) -> Response:
        """Store a blob. The same bytes again give the same blob."""
        account = self.authentication.caller(request, write=True)
        content = await request.body()
        if not content:
            raise XrpcError("InvalidRequest", "Request encoding (Content-Type) and a body are required")
        if len(content) > LARGEST:
            raise XrpcError("PayloadTooLarge", "request entity too large", 413)
        headers = spend_upload(self.world, account.did)
        declared = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip()
        cid = cid_of_bytes(content)
        self.world.blobs.put(content)
        mime = _sniffed(content) or declared
        self.world.tables.put(_TABLE, f"{account.did}/{cid}", {"mime": mime, "size": len(content)})
        blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime, "size": len(content)}
        return answer({"blob": blob}, headers)

    def check_reference(self, did: str, blob: dict[str, Any]) -> None:
        """Refuse a blob that the account has not uploaded, or that is described otherwise than it is."""
        cid = blob["ref"]["$link"]
        stored = self.world.tables.get(_TABLE, f"{did}/{cid}")
        if stored is None:
            raise XrpcError("BlobNotFound", f"Could not find blob: {cid}")
        if stored["mime"] != blob["mimeType"]:
            message = (
                f"Referenced Mimetype does not match stored blob. Expected: {stored['mime']}, Got: {blob['mimeType']}"
            )
            raise XrpcError("InvalidMimeType", message)
        if stored["size"] != blob["size"]:
            message = f"Referenced Size does not match stored blob. Expected: {stored['size']}, Got: {blob['size']}"
            raise XrpcError("InvalidSize", message)


def _sniffed(content: bytes) -> str | None:
    """What the bytes are, where they show it; the server believes them more than the header."""
    try:
        mime: str = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    return mime if mime.startswith(("image/", "video/")) else None
