"""Uploads: at once for images, in the background for video. Source: docs.joinmastodon.org/methods/media."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.mastodon.accounts import Accounts
from connectors.sandbox.mastodon.contract import check_body
from connectors.sandbox.mastodon.errors import MastodonError, invalid
from connectors.sandbox.mastodon.forms import SentFile, read_fields
from connectors.sandbox.mastodon.instance import (
    AUDIO_TYPES,
    IMAGE_BYTES,
    IMAGE_PIXELS,
    IMAGE_TYPES,
    MAX_DESCRIPTION,
    VIDEO_BYTES,
    VIDEO_TYPES,
)
from connectors.sandbox.mastodon.limits import spend_upload
from connectors.sandbox.tables import Row
from connectors.sandbox.world import Addresses, World

MEDIA = "mastodon.media"


@dataclass(frozen=True, slots=True)
class MediaFiles:
    """Handlers of `/api/v2/media` and `/api/v1/media/{id}`."""

    world: World
    accounts: Accounts
    address: Addresses

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route("/api/v2/media", self.upload, methods=["POST"]),
            Route("/api/v1/media/{id}", self.get, methods=["GET"]),
            Route("/api/v1/media/{id}", self.change, methods=["PUT"]),
            Route("/api/v1/media/{id}", self.delete, methods=["DELETE"]),
        ]

    async def upload(self, request: Request) -> Response:
        """Take a file: 200 when it is ready, 202 while it is processed."""
        caller = self.accounts.caller(request, "write:media")
        spend_upload(self.world, request, caller.account.id)
        fields = check_body(request, "/api/v2/media", await read_fields(request))
        file, description = fields["file"], fields.get("description", "")
        if not isinstance(file, SentFile):
            raise invalid("File can't be blank")
        kind, size = _examine(file.mime, file.content)
        _check_description(description)
        waits = self.world.switches.media_processing
        row = {
            "id": _new_id(self.world),
            "account": caller.account.id,
            "sha256": self.world.blobs.put(file.content),
            "mime": file.mime,
            "size": len(file.content),
            "kind": kind,
            "description": description,
            "polls_left": self.world.switches.media_polls
            if waits == "always" or (waits == "video" and kind != "image")
            else None,
            "status": None,
            "width": size[0],
            "height": size[1],
        }
        self.world.tables.put(MEDIA, row["id"], row)
        return JSONResponse(self.show(row), 202 if row["polls_left"] is not None else 200)

    async def get(self, request: Request) -> Response:
        """A file: 206 while it is processed."""
        row = self._own(request)
        if row["polls_left"] is None:
            return JSONResponse(self.show(row))
        if row["polls_left"] > 0:
            self.world.tables.put(MEDIA, row["id"], {**row, "polls_left": row["polls_left"] - 1})
            return JSONResponse(self.show(row), 206)
        row = {**row, "polls_left": None}
        self.world.tables.put(MEDIA, row["id"], row)
        return JSONResponse(self.show(row))

    async def change(self, request: Request) -> Response:
        """Another description, while the file is not posted."""
        row = self._own(request)
        fields = check_body(request, "/api/v1/media/{id}", await read_fields(request))
        description = str(fields.get("description", row["description"]))
        _check_description(description)
        row = {**row, "description": description}
        self.world.tables.put(MEDIA, row["id"], row)
        return JSONResponse(self.show(row))

    async def delete(self, request: Request) -> Response:
        """Forget a file that is not posted."""
        row = self._own(request)
        if row["status"] is not None:
            raise MastodonError(422, "Media attachment is currently used by a status")
        self.world.tables.drop(MEDIA, row["id"])
        return JSONResponse({})

    def show(self, row: Row) -> dict[str, Any]:
        """A file in the API's form."""
        url = None if row["polls_left"] is not None else f"{self.address()}/_ledger/media/{row['sha256']}"
        size = {"width": row["width"], "height": row["height"], "size": f"{row['width']}x{row['height']}"}
        meta = {"original": {**size, "aspect": row["width"] / row["height"]}} if row["width"] else {}
        return {
            "id": row["id"],
            "type": row["kind"],
            "url": url,
            "preview_url": url,
            "remote_url": None,
            "meta": meta,
            "description": row["description"] or None,
            "blurhash": None,
        }

    def _own(self, request: Request) -> Row:
        caller = self.accounts.caller(request, "write:media")
        row = self.world.tables.get(MEDIA, request.path_params["id"])
        if row is None or row["account"] != caller.account.id:
            raise MastodonError(404, "Record not found")
        return row


def _examine(mime: str, content: bytes) -> tuple[str, tuple[int | None, int | None]]:
    """The kind of a file and an image's size. Raises MastodonError for what the instance refuses."""
    if mime in IMAGE_TYPES:
        if len(content) > IMAGE_BYTES:
            raise invalid(f"File must be less than {IMAGE_BYTES // 1024 // 1024} MB")
        width, height = _image_size(content)
        if width * height > IMAGE_PIXELS:
            raise invalid(f"{width}x{height} images are not supported")
        return ("gifv" if mime == "image/gif" else "image"), (width, height)
    if mime in VIDEO_TYPES or mime in AUDIO_TYPES:
        if len(content) > VIDEO_BYTES:
            raise invalid(f"File must be less than {VIDEO_BYTES // 1024 // 1024} MB")
        return ("video" if mime in VIDEO_TYPES else "audio"), (None, None)
    raise invalid("File content type is invalid", "File is invalid")


def _image_size(content: bytes) -> tuple[int, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                return image.size
    except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise invalid("File content type is invalid", "File is invalid") from None


def _check_description(description: str) -> None:
    if len(description) > MAX_DESCRIPTION:
        raise invalid(f"Description is too long (maximum is {MAX_DESCRIPTION} characters)")


def _new_id(world: World) -> str:
    micros = world.next_micros()
    return str((micros // 1000 << 16) | micros % 1000)
