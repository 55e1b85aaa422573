"""A TCP proxy that a test can disturb: it pauses, resets, slows, cuts, refuses, and holds back single moments.

A moment is named by byte strings that a client says to the server within one turn (since the server last spoke): an
UPDATE of one job, one request of one account. What is held stays in the proxy until it is let go or cut off.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

CHUNK = 65_536
REMEMBERED = 262_144
"""Bytes of one turn that are searched for a moment."""
PREPARED = re.compile(rb"P.{4}(__asyncpg_stmt_[0-9a-f]+__)\0([^\0]*)\0", re.DOTALL)
NAMED = re.compile(rb"__asyncpg_stmt_[0-9a-f]+__(?=\0)")
"""PostgreSQL is told a statement once, by a name, and afterwards the name alone."""


class Way(StrEnum):
    """A direction."""

    THERE = "there"
    """From the client to the server."""
    BACK = "back"


@dataclass(slots=True)
class Moment:
    """Something that is held back once it is said."""

    needles: Sequence[bytes]
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    cut: bool = False

    def release(self, *, cut: bool = False) -> None:
        """Let it go on its way, or end its connection without a word having arrived."""
        self.cut = cut
        self.let_go.set()


@dataclass(eq=False, slots=True)
class Link:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    turn: bytearray = field(default_factory=bytearray)
    passed: int = 0
    statements: dict[bytes, bytes] = field(default_factory=dict)
    """What was prepared on it, by name."""

    def said(self) -> bytes:
        """What the client has said in this turn, the statements that it named included."""
        self.statements.update(PREPARED.findall(self.turn))
        named = set(NAMED.findall(self.turn))
        return b"\n".join([bytes(self.turn), *(self.statements.get(name, b"") for name in named)])

    def reset(self) -> None:
        """Abort both sides: whoever reads or writes next is told "connection reset"."""
        for writer in (self.client, self.server):
            sock: socket.socket | None = writer.get_extra_info("socket")
            if sock is not None and not writer.is_closing():
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


@dataclass(slots=True)
class Proxy:
    """What stands before one server. Everything may be changed while connections run."""

    host: str
    port: int
    """Where the server is."""
    address: tuple[str, int] = ("127.0.0.1", 0)
    """Where the proxy listens."""
    latency: float = 0.0
    """Seconds that each piece is late, in both directions."""
    refusing: bool = False
    """Whether new connections are reset at once, as at a server that is gone."""
    cut_after: int | None = None
    """Bytes from client to server after which a connection is reset."""
    _links: set[Link] = field(default_factory=set)
    _serving: set[asyncio.Task[None] | None] = field(default_factory=set)
    _moments: list[Moment] = field(default_factory=list)
    _open: dict[Way, asyncio.Event] = field(default_factory=lambda: {way: asyncio.Event() for way in Way})

    def pause(self, *ways: Way) -> None:
        """A black hole: nothing arrives any more, and nobody is told. What was said arrives after `resume`."""
        for way in ways or Way:
            self._open[way].clear()

    def resume(self) -> None:
        """End the black hole: what was held arrives late, as over a network that was cut and repaired."""
        for gate in self._open.values():
            gate.set()

    def reset(self) -> int:
        """Reset every connection; gives how many there were."""
        links = list(self._links)
        for link in links:
            link.reset()
        return len(links)

    def hold(self, *needles: bytes) -> Moment:
        """Hold back the next turn of a client in which all of these are said."""
        moment = Moment(needles)
        self._moments.append(moment)
        return moment

    def forget(self) -> None:
        """End every disturbance; what is held goes on."""
        for moment in self._moments:
            moment.release()
        self._moments.clear()
        self.latency, self.refusing, self.cut_after = 0.0, False, None
        self.resume()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Proxy]:
        """Serve for the time of the block."""
        self.resume()
        server = await asyncio.start_server(self._serve, *self.address)
        self.address = server.sockets[0].getsockname()[:2]
        try:
            yield self
        finally:
            server.close()
            self.forget()
            self.reset()
            await asyncio.gather(*(task for task in self._serving if task is not None), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self.refusing:
            Link(client, client).reset()
            return
        try:
            answers, server = await asyncio.open_connection(self.host, self.port)
        except OSError:
            Link(client, client).reset()
            return
        link, task = Link(client, server), asyncio.current_task()
        self._links.add(link)
        self._serving.add(task)
        pumps = [
            asyncio.create_task(self._pump(Way.THERE, link, reader, server)),
            asyncio.create_task(self._pump(Way.BACK, link, answers, client)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._links.discard(link)
            self._serving.discard(task)
            for writer in (client, server):
                writer.close()

    async def _pump(self, way: Way, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                if self.latency:
                    await asyncio.sleep(self.latency)
                await self._open[way].wait()
                if way is Way.BACK:
                    link.turn.clear()
                elif not await self._may_pass(link, data):
                    link.reset()
                    return
                writer.write(data)
                await writer.drain()
        except OSError:
            return

    async def _may_pass(self, link: Link, data: bytes) -> bool:
        link.passed += len(data)
        if self.cut_after is not None and link.passed > self.cut_after:
            return False
        if len(link.turn) < REMEMBERED:
            link.turn += data
        said = link.said()
        for moment in self._moments:
            if all(needle in said for needle in moment.needles):
                self._moments.remove(moment)
                moment.reached.set()
                await moment.let_go.wait()
                return not moment.cut
        return True
