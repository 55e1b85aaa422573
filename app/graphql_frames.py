"""Frames that are made once and written to many sockets, and the server's door for them.

The ASGI message `websocket.send` costs a task switch, a lock and a frame for each socket. What a thousand sockets are
told alike needs none of them: the application may ask the scope for `extensions[FRAMES]`, a function that writes a
finished frame at once or says that the socket cannot take it now. Servers without it are served by `websocket.send`.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from resolvers.sharing import Told

FRAMES: Final = "postd.frames"
HEAD: Final = b'{"type":"next","payload":'
"""How a message begins; what tells operations apart stands at its end."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with the door."""

    async def run_asgi(self) -> None:
        """Serve the socket."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[FRAMES] = self.write_frame
        await super().run_asgi()

    def write_frame(self, frame: bytes) -> bool:
        """Write a frame behind everything that was sent before it.

        False, and nothing is written: the client does not keep up, or the socket is not open.
        """
        opened = self.handshake_complete and not self.close_sent and not self.disconnected
        if not opened or not self.writable.is_set() or self.conn.state is not State.OPEN:
            return False
        self.transport.write(frame)
        return True


def frame(told: Told, tail: bytes) -> bytes:
    """The frame of a message (RFC 6455 section 5.2): all but the operation's own end of it is made once."""
    head = told.heads.get(len(tail))
    if head is None:
        text = HEAD + told.payload
        whole = Frame(Opcode.TEXT, text + tail).serialize(mask=False)
        head = told.heads[len(tail)] = whole[: len(whole) - len(tail)]
    return head + tail
