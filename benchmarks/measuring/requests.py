"""HTTP load: so many connections, each with one request under way, over plain asyncio and httptools.

The client must be cheap: it shares two cores with what it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import httptools
import orjson


@dataclass(frozen=True, slots=True)
class Target:
    """One request, again and again."""

    port: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    def packed(self) -> bytes:
        """The request as it goes over the wire."""
        fields = {"Host": f"127.0.0.1:{self.port}", **self.headers}
        if self.body:
            fields |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def graphql(port: int, key: str, document: str, variables: Mapping[str, object]) -> Target:
    """A GraphQL operation for our API."""
    body = orjson.dumps({"query": document, "variables": variables})
    return Target(port, "POST", "/graphql", {"Authorization": f"Bearer {key}", "Accept": "application/json"}, body)


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests came to."""

    per_second: float
    latencies: list[float]
    """Seconds from sending a request to the end of its answer."""


class UnexpectedAnswer(Exception):
    """An answer that is not the one that the benchmark measures."""


class _Line(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last one is whole."""

    def __init__(self, request: Callable[[], bytes], length: int | None, until: float) -> None:
        self._request = request
        self._length = length
        self._until = until
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self.latencies: list[float] = []
        self.answer = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods, not by its class
        self._send()

    def _send(self) -> None:
        request = self._request()
        self._sent = time.perf_counter()
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, chunk: bytes) -> None:
        self._body.append(chunk)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self.latencies.append(now - self._sent)
        self.answer = b"".join(self._body)
        self._body.clear()
        status = self._parser.get_status_code()
        if status not in (200, 201) or (self._length is not None and len(self.answer) != self._length):
            self._end(UnexpectedAnswer(f"{status}: {self.answer[:500]!r}"))
        elif now >= self._until:
            self._end(None)
        else:
            self._parser = httptools.HttpResponseParser(self)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or UnexpectedAnswer("the server closed the connection"))

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)
        if self._transport is not None:
            self._transport.close()


async def ask(target: Target) -> bytes:
    """The answer to one request.

    Raises:
        UnexpectedAnswer: it is not a success.
    """
    line = await _open(target, None, 0.0)
    await line.ended
    return line.answer


async def load(
    target: Target, connections: int, seconds: float, length: int, *, fresh: Callable[[], bytes] | None = None
) -> Load:
    """Keep so many connections busy for so long; every answer must have that length.

    `fresh` makes each request anew, where the same one again would not be the same work.

    Raises:
        UnexpectedAnswer: one is another.
    """
    began = time.perf_counter()
    lines = [await _open(target, length, began + seconds, fresh) for _ in range(connections)]
    await asyncio.gather(*(line.ended for line in lines))
    took = time.perf_counter() - began
    latencies = [latency for line in lines for latency in line.latencies]
    return Load(len(latencies) / took, latencies)


async def _open(target: Target, length: int | None, until: float, fresh: Callable[[], bytes] | None = None) -> _Line:
    packed = target.packed()
    _, line = await asyncio.get_running_loop().create_connection(
        lambda: _Line(fresh or (lambda: packed), length, until), "127.0.0.1", target.port
    )
    return line
