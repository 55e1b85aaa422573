"""A client of the public API: queries and mutations over HTTP, subscriptions over graphql-transport-ws."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from connectors.secret import Secret
from connectors.transport import Transport

PROTOCOL = Subprotocol("graphql-transport-ws")


class Refused(Exception):
    """The API answered with errors."""


class Client:
    """One caller with one key."""

    def __init__(self, http: Transport, url: str, key: Secret) -> None:
        self._http = http
        self._url = f"{url}/graphql"
        self._key = key

    async def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run a query or a mutation and give its data.

        Raises:
            Refused: the answer has errors.
        """
        body = {"query": document, "variables": dict(variables or {})}
        answer = await self._http.send("POST", self._url, json=body, token=self._key)
        result = answer.json()
        if result.get("errors"):
            raise Refused(result["errors"][0]["message"])
        data: dict[str, Any] = result["data"]
        return data

    async def watch(self, document: str, cursor_of: str) -> AsyncIterator[dict[str, Any]]:
        """Subscribe, and resume behind the last cursor seen whenever the connection is lost."""
        after: str | None = None
        while True:
            try:
                async with connect(self._url.replace("http", "ws", 1), subprotocols=[PROTOCOL]) as socket:
                    await self._begin(socket, document, after)
                    async for data in _messages(socket):
                        after = data[cursor_of]["cursor"]
                        yield data[cursor_of]
            except (WebSocketException, OSError):
                await asyncio.sleep(0.3)

    async def _begin(self, socket: ClientConnection, document: str, after: str | None) -> None:
        payload = {"authorization": f"Bearer {self._key.reveal()}"}
        await socket.send(orjson.dumps({"type": "connection_init", "payload": payload}).decode())
        await socket.recv()
        operation = {"query": document, "variables": {"after": after}}
        await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": operation}).decode())


async def _messages(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    async for raw in socket:
        message = orjson.loads(raw)
        if message["type"] == "ping":
            await socket.send('{"type":"pong"}')
        elif message["type"] == "error":
            raise Refused(message["payload"][0]["message"])
        elif message["type"] == "complete":
            return
        elif message["type"] == "next":
            if message["payload"].get("errors"):
                raise Refused(message["payload"]["errors"][0]["message"])
            yield message["payload"]["data"]
