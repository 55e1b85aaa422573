"""A frontend that follows `jobUpdated` over graphql-transport-ws and resumes behind its last cursor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.typing import Subprotocol

from connectors.secret import Secret

DOCUMENT = """
subscription Jobs($after: Cursor) {
  jobUpdated(after: $after) { cursor event { cursor type } job { id state } }
}
"""
LOST = (ConnectionClosed, InvalidMessage, OSError)


@dataclass(slots=True)
class Subscriber:
    """What it has seen, over all its connections."""

    url: str
    key: Secret
    cursor: str
    seen: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Follow until cancelled; a lost connection is made again."""
        while True:
            try:
                async with connect(self.url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
                    self.connections += 1
                    await self._subscribe(socket)
                    await self._take(socket)
            except LOST:
                await asyncio.sleep(0.05)

    async def has(self, messages: int) -> None:
        """Return once it has seen so many messages."""
        async with asyncio.timeout(60):
            while len(self.seen) < messages:
                self._more.clear()
                await self._more.wait()

    async def _subscribe(self, socket: ClientConnection) -> None:
        await _say(socket, {"type": "connection_init", "payload": {"authorization": f"Bearer {self.key.reveal()}"}})
        assert orjson.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": DOCUMENT, "variables": {"after": self.cursor}}
        await _say(socket, {"id": "jobs", "type": "subscribe", "payload": payload})

    async def _take(self, socket: ClientConnection) -> None:
        async for raw in socket:
            message = orjson.loads(raw)
            if message["type"] == "ping":
                await _say(socket, {"type": "pong"})
                continue
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            update = message["payload"]["data"]["jobUpdated"]
            self.cursor = update["cursor"]
            self.seen.append(update)
            self._more.set()


async def _say(socket: ClientConnection, message: dict[str, Any]) -> None:
    await socket.send(orjson.dumps(message).decode())
