"""Uploads: pictures and documents in one piece, videos in parts with a mark (ETag) each; then they are processed."""

from __future__ import annotations

import hashlib
import io
import secrets
import warnings
from dataclasses import dataclass
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.linkedin.accounts import Accounts
from connectors.sandbox.linkedin.contract import check, violation
from connectors.sandbox.linkedin.errors import LinkedInError, invalid, not_found
from connectors.sandbox.linkedin.tokens import Tokens
from connectors.sandbox.tables import Row
from connectors.sandbox.world import Addresses, World

MEDIA = "linkedin.media"
PART_BYTES = 4_194_304
URL_SECONDS = 86_400
MAX_PIXELS = 36_152_320
KINDS = ("image", "document", "video")


@dataclass(frozen=True, slots=True)
class Uploads:
    """Handlers of `/rest/images`, `/rest/documents`, `/rest/videos` and of the addresses that they name."""

    world: World
    accounts: Accounts
    tokens: Tokens
    address: Addresses

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            *(Route(f"/rest/{kind}s", self.begin, methods=["POST"]) for kind in KINDS),
            *(Route(f"/rest/{kind}s/{{urn}}", self.look, methods=["GET"]) for kind in KINDS),
            Route("/dms-uploads/{key}", self.take_whole, methods=["PUT"]),
            Route("/dms-uploads/{key}/{part:int}", self.take_part, methods=["PUT"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Name the addresses for an upload, or end the upload of a video."""
        kind = request.url.path.removeprefix("/rest/").removesuffix("s")
        body = await check(request, f"/rest/{kind}s")
        caller = self.tokens.caller(request)
        if "finalizeUploadRequest" in body:
            return self._finish(body["finalizeUploadRequest"])
        wanted = body["initializeUploadRequest"]
        owner = self.accounts.acting(caller, wanted["owner"], "w", f"partnerApi{kind.title()}s.ACTION-initializeUpload")
        key = secrets.token_urlsafe(24)
        urn = f"urn:li:{kind}:D4E{secrets.token_hex(8)}"
        ends = int((self.world.now().timestamp() + URL_SECONDS) * 1000)
        row: Row = {"urn": urn, "kind": kind, "owner": owner.id, "key": key, "ends": ends, "state": "WAITING_UPLOAD"}
        size = int(wanted.get("fileSizeBytes", 0))
        row |= {"size": size, "parts": {}, "sha256": None, "mime": "", "polls_left": 0}
        self.world.tables.put(MEDIA, urn, row)
        url = f"{self.address()}/dms-uploads/{key}"
        if kind != "video":
            return JSONResponse({"value": {"uploadUrl": url, "uploadUrlExpiresAt": ends, kind: urn}})
        parts = [
            {"uploadUrl": f"{url}/{number}", "firstByte": first, "lastByte": min(first + PART_BYTES, size) - 1}
            for number, first in enumerate(range(0, size, PART_BYTES))
        ]
        named = {"video": urn, "uploadToken": "", "uploadUrlsExpireAt": ends, "uploadInstructions": parts}
        return JSONResponse({"value": named})

    async def take_whole(self, request: Request) -> Response:
        """The bytes of a picture or a document."""
        await check(request, "/dms-uploads/{key}")
        row = self._waiting(request)
        self.accounts.acting(self.tokens.caller(request), row["owner"], "w", "dms-uploads.PUT")
        self._store(row, await request.body())
        return Response(status_code=201)

    async def take_part(self, request: Request) -> Response:
        """The bytes of one part of a video. The address is signed: a token has no business here."""
        if "authorization" in request.headers:
            raise violation(request, "a signed address takes no token")
        await check(request, "/dms-uploads/{key}/{part}")
        row, part, content = self._waiting(request), request.path_params["part"], await request.body()
        expected = min(PART_BYTES, row["size"] - part * PART_BYTES)
        if len(content) != expected:
            raise violation(request, f"part {part} has {len(content)} bytes in place of {expected}")
        mark = hashlib.sha256(content).hexdigest()[:32]
        held = {"sha256": self.world.blobs.put(content), "mark": mark}
        self.world.tables.put(MEDIA, row["urn"], {**row, "parts": {**row["parts"], str(part): held}})
        return Response(status_code=200, headers={"etag": f'"{mark}"'})

    async def look(self, request: Request) -> Response:
        """How far an upload has been processed. Who may only post may not look."""
        kind = request.url.path.removeprefix("/rest/").partition("s/")[0]
        await check(request, f"/rest/{kind}s/{{urn}}")
        caller = self.tokens.caller(request)
        row = self.world.tables.get(MEDIA, request.path_params["urn"])
        if row is None:
            raise not_found()
        self.accounts.acting(caller, row["owner"], "r", f"partnerApi{kind.title()}s.GET")
        if row["state"] == "PROCESSING" and row["polls_left"] > 0:
            self.world.tables.put(MEDIA, row["urn"], {**row, "polls_left": row["polls_left"] - 1})
        elif row["state"] == "PROCESSING":
            row = {**row, "state": "AVAILABLE"}
            self.world.tables.put(MEDIA, row["urn"], row)
        return JSONResponse({"id": row["urn"], "owner": row["owner"], "status": row["state"]})

    def _finish(self, wanted: dict[str, Any]) -> Response:
        row = self.world.tables.get(MEDIA, wanted["video"])
        if row is None:
            raise invalid("INVALID_VIDEO_ID", "The video is not known", "video")
        parts = [row["parts"][key] for key in sorted(row["parts"], key=int)]
        if [part["mark"] for part in parts] != wanted["uploadedPartIds"] or not parts:
            raise invalid("INVALID_VALUE_FOR_FIELD", "The parts are not those that were uploaded", "uploadedPartIds")
        self._store(row, b"".join(self.world.blobs.get(part["sha256"]) or b"" for part in parts))
        return Response(status_code=200)

    def _store(self, row: Row, content: bytes) -> None:
        mime = _mime(row["kind"], content)
        waits = self.world.switches.media_processing
        processed = waits == "always" or (waits == "video" and row["kind"] == "video")
        state = "PROCESSING_FAILED" if mime is None else "PROCESSING" if processed else "AVAILABLE"
        held = {"sha256": self.world.blobs.put(content), "mime": mime or "", "size": len(content), "state": state}
        self.world.tables.put(MEDIA, row["urn"], {**row, **held, "polls_left": self.world.switches.media_polls})

    def _waiting(self, request: Request) -> Row:
        key = request.path_params["key"]
        row = next((row for _, row in self.world.tables.rows(MEDIA) if row["key"] == key), None)
        if row is None:
            raise not_found()
        if row["ends"] <= self.world.now().timestamp() * 1000:
            raise LinkedInError(400, "EXPIRED_UPLOAD_URL", "The upload URL has expired")
        return row


def _mime(kind: str, content: bytes) -> str | None:
    """The type of a file; None where LinkedIn cannot process it."""
    if kind == "video":
        return "video/mp4"
    if kind == "document":
        return "application/pdf" if content.startswith(b"%PDF") else "application/octet-stream"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                fits = image.width * image.height < MAX_PIXELS and image.format in {"JPEG", "PNG", "GIF"}
                return Image.MIME[image.format] if fits and image.format else None
    except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
