"""Files as Meta takes them: by their own bytes, or fetched from an address that the client gives."""

from __future__ import annotations

from typing import Final

from connectors.faults import PlatformFault
from connectors.sandbox.outbound import this_machine
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

_LARGEST: Final = 100_000_000
JPEG: Final = "image/jpeg"


async def fetched(url: str) -> bytes | None:
    """What lies at the address; None where there is nothing."""
    async with this_machine() as http:
        try:
            answer = await http.send("GET", url, max_bytes=_LARGEST)
        except PlatformFault:
            return None
    return answer.body if answer.ok and answer.body else None


def mime_of(content: bytes) -> str | None:
    """What a file is, by its first bytes; None for what Meta does not take."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return None


def keep(world: World, content: bytes, mime: str, alt: str = "") -> Row:
    """Store a file; gives what the ledger shows of it."""
    return {"sha256": world.blobs.put(content), "mime": mime, "size": len(content), "alt": alt}
