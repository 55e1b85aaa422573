"""An HTTP server on loopback whose every byte is under the test's control: it can stop, drip, lie or hang up."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from connectors.egress import EgressPolicy

LOOPBACK = EgressPolicy(allow=(ip_network("127.0.0.0/8"),))


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Server:
    """A running server: where it is, what it got."""

    port: int
    scheme: str = "http"
    received: list[Received] = field(default_factory=list)
    accepted: int = 0
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with the first connection."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with the first request that has been read."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@asynccontextmanager
async def serve(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Answer every request on every connection with the handler, until the block ends."""
    at_work: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.accepted += 1
        server.connected.set()
        task = asyncio.current_task()
        assert task is not None
        at_work.add(task)
        try:
            while not writer.is_closing():
                received = await _read(reader)
                server.received.append(received)
                server.asked.set()
                await handler(received, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    server = Server(listener.sockets[0].getsockname()[1], "https" if tls else "http")
    try:
        yield server
    finally:
        listener.close()
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work)
        await listener.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    body = b""
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    return Received(method, target, headers, body)


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    """A whole answer; `content_type="..."` becomes `content-type: ...`."""
    given = {"content-type": "application/json", "content-length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body


def always(status: int = 200, body: bytes = b"{}", **headers: str) -> Handler:
    """A handler that gives the same answer to everything."""

    async def handle(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status, body, **headers))

    return handle


def routes(table: dict[str, bytes]) -> Handler:
    """A handler that answers by the request's target."""

    async def handle(received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(table[received.target])

    return handle


async def hang_up(_: Received, writer: asyncio.StreamWriter) -> None:
    """Close the connection once the request has been read."""
    writer.close()


async def stay_silent(_: Received, __: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()
