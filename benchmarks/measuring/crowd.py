"""Many sockets to one server: what they all heard, and how late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.measuring import sockets

STATE = b'"event":null'
"""What only the messages of the first state hold: there is one job that waits, so each socket gets one of them."""
PATIENCE = 30.0
"""Seconds until every socket must have every event of a burst."""


class Lost(Exception):
    """Messages did not arrive; says why."""


Send = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Crowd:
    """All sockets to one server, and what they heard."""

    mark: bytes
    """What a message must hold to count; protocol messages do not."""
    open: list[sockets.Socket] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    last: bytes = b""
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    heard: int = 0
    wanted: int = 0

    async def add(self, port: int, path: str, protocol: str) -> tuple[sockets.Socket, asyncio.Event]:
        """One more socket, and a flag that it has the state with which a subscription begins."""
        count, begun = 0, asyncio.Event()

        def hear(at: float, text: bytes) -> None:
            nonlocal count
            if STATE in text:
                begun.set()
            if self.mark not in text or STATE in text:
                return
            self.lags.append(at - self.sent[count])
            self.last = text
            count += 1
            self.heard += 1
            if self.heard >= self.wanted:
                self.whole.set()

        socket = await sockets.connect(port, path, protocol, hear)
        self.open.append(socket)
        return socket, begun

    def close(self) -> None:
        """Close every socket."""
        for socket in self.open:
            socket.close()

    async def deliver(self, send: Send, count: int, pause: float) -> float:
        """Send so many events; gives messages a second, from the first event to the last message."""
        self.whole.clear()
        self.wanted += count * len(self.open)
        began = time.monotonic()
        for _ in range(count):
            self.sent.append(time.monotonic())
            await send()
            if pause:
                await asyncio.sleep(pause)
        try:
            async with asyncio.timeout(PATIENCE):
                await self.whole.wait()
        except TimeoutError:
            ended = [socket.ended.result() for socket in self.open if socket.ended.done()]
            reasons = f", e.g.: {ended[0]}" if ended else ""
            raise Lost(f"{len(ended)} were closed within {PATIENCE:.0f} s{reasons}") from None
        return count * len(self.open) / (time.monotonic() - began)
