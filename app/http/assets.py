"""The files that our pages load, served from our own origin.

The promise: only files that were in `static/` when the process started are ever served. They are held in memory
and looked up by name, so no path from a request reaches the file system. An address that names its content (a
version or a hash) may be cached for a year; any other is checked again by its ETag.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

FOLDER = Path(__file__).parent / "static"
MOUNT = "/static"
YEAR = 365 * 86_400
FOREVER = f"public, max-age={YEAR}, immutable"
CHECK_AGAIN = "public, no-cache"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".json": "application/json",
}
WORTH_PACKING = 1024
"""Below this many bytes gzip saves nothing that matters."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes over the wire."""

    name: str
    body: bytes
    packed: bytes | None
    digest: str
    media_type: str

    @property
    def etag(self) -> str:
        """A strong validator: the same on every host that has the same file."""
        return f'"{self.digest[:32]}"'

    @property
    def version(self) -> str:
        """What `address` puts behind the name."""
        return self.digest[:12]

    @property
    def named_by_version(self) -> bool:
        """Whether the path itself changes with the content, as vendored folders do."""
        return self.name.startswith("vendor/") and "-" in self.name.split("/")[1]


def media_type_of(name: str) -> str:
    """The content type of a file name; never guessed from content, since we send nosniff."""
    suffix = Path(name).suffix
    if suffix in TYPES:
        return TYPES[suffix]
    guessed = mimetypes.guess_type(name)[0] or ("text/plain" if suffix in {"", ".txt"} else "application/octet-stream")
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def read_asset(path: Path, name: str) -> Asset:
    """Read one file, with its gzip form when that is smaller by enough to matter."""
    body = path.read_bytes()
    packed = gzip.compress(body, compresslevel=6, mtime=0) if len(body) >= WORTH_PACKING else None
    return Asset(
        name=name,
        body=body,
        packed=packed if packed is not None and len(packed) < len(body) * 0.9 else None,
        digest=hashlib.sha256(body).hexdigest(),
        media_type=media_type_of(name),
    )


@cache
def assets() -> dict[str, Asset]:
    """Every file under `static/` by its name, read once a process."""
    found = sorted(path for path in FOLDER.rglob("*") if path.is_file() and not path.name.startswith("."))
    names = [path.relative_to(FOLDER).as_posix() for path in found]
    return {name: read_asset(path, name) for name, path in zip(names, found, strict=True)}


def address(name: str) -> str:
    """The address of a file for a page, e.g. `/static/pages.css?v=0f3a...`; KeyError when there is no such file."""
    asset = assets()[name]
    return f"{MOUNT}/{name}" if asset.named_by_version else f"{MOUNT}/{name}?v={asset.version}"


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header allows gzip; a quality of 0 refuses it (RFC 9110 section 12.4.2)."""
    offers = [offer.replace(" ", "").partition(";") for offer in header.lower().split(",")]
    quality = {coding: re.fullmatch(r"q=0(\.0{0,3})?", parameters) is None for coding, _, parameters in offers}
    return quality.get("gzip", quality.get("*", False))


def unchanged(asset: Asset, if_none_match: str) -> bool:
    """Whether the caller already holds this content (RFC 9110 section 13.1.2, weak comparison)."""
    held = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in held or asset.etag in held


def answer(asset: Asset, request: Request) -> Response:
    """The file, or a 304 for a caller who holds it already."""
    current = asset.named_by_version or request.query_params.get("v") == asset.version
    headers = {
        "ETag": asset.etag,
        "Cache-Control": FOREVER if current else CHECK_AGAIN,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if unchanged(asset, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    body = asset.body
    if asset.packed is not None and accepts_gzip(request.headers.get("accept-encoding", "")):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.media_type, headers=headers)


def routes(*, without: tuple[str, ...] = ()) -> list[BaseRoute]:
    """The one route under which every file is found, except those whose name starts with a word of `without`.

    Reads the files now, so that the first visitor does not wait.
    """
    offered = {name: asset for name, asset in assets().items() if not name.startswith(without)}

    async def serve(request: Request) -> Response:
        asset = offered.get(request.path_params["name"])
        if asset is not None:
            return answer(asset, request)
        return PlainTextResponse("There is no such file.\n", 404, headers={"X-Content-Type-Options": "nosniff"})

    return [Route(f"{MOUNT}/{{name:path}}", serve, methods=["GET"], name="static")]
