"""Files as Meta takes them: by their own bytes, or fetched from an address that the client gives."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Final

from connectors.egress import EgressPolicy
from connectors.faults import PlatformFault
from connectors.http_pool import HttpPool
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World
from connectors.transport import Transport

_THIS_MACHINE: Final = EgressPolicy(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
_LARGEST: Final = 100_000_000
JPEG: Final = "image/jpeg"


@asynccontextmanager
async def this_machine() -> AsyncIterator[Transport]:
    """What Meta's servers send requests with: only this machine is asked, nothing leaves it."""
    async with HttpPool(
        egress=_THIS_MACHINE, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), user_agent="facebookexternalhit/1.1"
    ) as pool:
        yield Transport(pool)


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
