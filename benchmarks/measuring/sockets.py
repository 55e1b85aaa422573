"""A thousand WebSocket clients in one process: just enough of RFC 6455 to count what a server pushes, and when.

A library's client costs as much a message as the server does; this one cuts frames out of the stream and nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable
from typing import cast

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_SHORT, _MIDDLE = 126, 127

Heard = Callable[[float, bytes], None]
"""Is told the time (monotonic) and the text of each message."""


class SocketClosed(Exception):
    """The server ended the socket, or refused it."""


class Socket(asyncio.Protocol):
    """One client socket. `opened` is done when the server has agreed; `ended` when the socket is closed."""

    def __init__(self, port: int, path: str, protocol: str, heard: Heard) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[str] = loop.create_future()
        key = base64.b64encode(os.urandom(16)).decode()
        chosen = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{chosen}\r\n"
        ).encode()
        self._heard = heard
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods, not by its class
        self._transport.write(self._request)

    def send(self, text: bytes, kind: int = TEXT) -> None:
        """Send one message; a mask of zeros is a mask."""
        length = len(text)
        head = bytes([0x80 | kind])
        if length < _SHORT:
            head += bytes([0x80 | length])
        else:
            head += bytes([0x80 | _SHORT]) + struct.pack("!H", length)
        if self._transport is not None:
            self._transport.write(head + b"\0\0\0\0" + text)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        if not self.opened.done():
            self._shake_hands()
        while self.opened.done() and (frame := self._frame()) is not None:
            kind, text = frame
            if kind == TEXT:
                self._heard(now, text)
            elif kind == PING:
                self.send(text, PONG)
            elif kind == CLOSE:
                self._end(text[2:].decode(errors="replace") or "closed")

    def _shake_hands(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(SocketClosed(bytes(self._buffer[:200]).decode(errors="replace")))
            return
        del self._buffer[: end + 4]
        self.opened.set_result(None)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == _SHORT:
            start = 4
            length = int.from_bytes(buffer[2:4], "big")
        elif length == _MIDDLE:
            start = 10
            length = int.from_bytes(buffer[2:10], "big")
        if len(buffer) < start + length:
            return None
        kind, text = buffer[0] & 0x0F, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return kind, text

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc or "the server closed the connection"))

    def _end(self, reason: str) -> None:
        if not self.opened.done():
            self.opened.set_exception(SocketClosed(reason))
        if not self.ended.done():
            self.ended.set_result(reason)
        if self._transport is not None:
            self._transport.close()


async def connect(port: int, path: str, protocol: str, heard: Heard) -> Socket:
    """Open a socket.

    Raises:
        SocketClosed: the server refused.
    """
    _, socket = await asyncio.get_running_loop().create_connection(
        lambda: Socket(port, path, protocol, heard), "127.0.0.1", port
    )
    await socket.opened
    return socket
