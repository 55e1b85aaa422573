"""An address of ours that platforms may tell: it answers their handshakes and keeps what they send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

from connectors.secret import Secret
from connectors.webhooks import Receiver, greet
from tests.connectors.loopback import Received, Server, answer, serve

VERIFY_TOKEN = "verify-token-of-tests"


@asynccontextmanager
async def receiving(receiver: Receiver, secrets: Sequence[str]) -> AsyncIterator[Server]:
    """Answer at any path as an installation whose applications have these secrets does."""
    known = [Secret(one) for one in secrets]

    async def handle(received: Received, writer: asyncio.StreamWriter) -> None:
        if received.method == "POST":
            writer.write(answer())
            return
        params = dict(parse_qsl(urlsplit(received.target).query))
        reply = greet(receiver, params, Secret(VERIFY_TOKEN), known)
        writer.write(answer(401) if reply is None else answer(200, reply.body, content_type=reply.media_type))

    async with serve(handle) as server:
        yield server


def deliveries(server: Server) -> list[Received]:
    """What was sent, without the handshakes."""
    return [one for one in server.received if one.method == "POST"]
