"""A socket of the GraphQL edge: the protocol's handler with our ends of it.

A client that does not read costs one task for `DRAIN` seconds and no queue; a client that is lost ends quietly.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Final

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from app.flows.live.course import COURSE, Course
from app.graphql_frames import FRAMES, HEAD, frame
from app.kernel import metrics
from resolvers.alike import asked_of
from resolvers.context import Context
from resolvers.masking import refusal
from resolvers.sharing import Reader, Stream, Told

DRAIN = 30.0
"""Seconds that a client may leave a message unread before its socket is closed; it resumes by cursor."""
SPREAD = 1.0
"""Seconds over which the readers of a stream that has ended go on by themselves."""
TRY_AGAIN: Final = 1013
"""Clients reconnect after it."""
REASON: Final = 123
"""Bytes of a reason that fit into the frame that closes a socket (RFC 6455 section 5.5)."""


Write = Callable[[bytes], bool]


class Unavailable(Exception):
    """Nobody can be let in now, and it is our fault, or there are too many."""


class Adapter(ASGIWebSocketAdapter):
    """A socket that does not wait for ever for a client that does not read."""

    gone = False
    """The client is lost: what still runs for it ends quietly."""
    _reader: asyncio.Task[Any] | None = None

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """The client's messages, until it leaves or is given up."""
        self._reader = asyncio.current_task()
        async with aclosing(super().iter_json(ignore_parsing_errors=ignore_parsing_errors)) as messages:
            async for message in messages:
                yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send, or give the client up; then the operation ends as if it were cancelled."""
        encoded: Any = self.view.encode_json(message)
        await self.send_text(encoded)

    async def send_text(self, text: str) -> None:
        """Send what is encoded already."""
        try:
            async with asyncio.timeout(DRAIN):
                await self.ws.send_text(text)
        except WebSocketDisconnect:
            self.gone = True
            raise asyncio.CancelledError from None
        except TimeoutError:
            self.gone = True
            await close(self.ws, TRY_AGAIN, "The client does not read.")
            if self._reader is not None:
                self._reader.cancel()
            raise asyncio.CancelledError from None

    async def close(self, code: int, reason: str) -> None:
        """Close; a reason may hold the client's own words, and a frame has room for `REASON` bytes of them."""
        await super().close(code, reason.encode()[:REASON].decode(errors="ignore"))


async def close(socket: WebSocket, code: int, reason: str) -> None:
    """Close a socket; one that is closed already, or that does not read, is no error."""
    with suppress(RuntimeError, TimeoutError, OSError):
        async with asyncio.timeout(1):
            await socket.close(code, reason)


class Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """The protocol, with our ends of it."""

    async def handle(self) -> None:
        """Serve one socket."""
        view: Any = self.view
        adapter: Any = self.websocket
        metrics.SOCKETS.inc()
        try:
            await super().handle()
        except asyncio.CancelledError:
            if not adapter.gone:
                raise
        finally:
            metrics.SOCKETS.dec()
            view.leave(self.context)

    async def _send_result_stream(self, operation: Any, result_source: Any) -> None:
        """Catch up alone, then go on together with everybody who asks the same."""
        view: Any = self.view
        asked = asked_of(self.context, operation.query, operation.variables, operation.operation_name)
        if asked is None:
            await super()._send_result_stream(operation, result_source)
            return
        others = partial(view.sharing.tells, asked)
        course = Course(waits=False, told_by_others=others)
        COURSE.set(course)
        await self._catch_up(operation, result_source)
        while course.quiet:
            with view.sharing.joined(asked, operation.variables, self.context, course.seq) as joined:
                if joined is not None:
                    course.seq = await self._read(operation, *joined)
                    # The stream has ended, or this client is late: everybody would read at once.
                    await asyncio.sleep(random.uniform(0, SPREAD))
            course = Course(course.seq, waits=False, goes_on=True, told_by_others=others)
            COURSE.set(course)
            source = await self.schema.stream(
                operation.query,
                variable_values=operation.variables,
                context_value=self.context,
                operation_name=operation.operation_name,
            )
            async with aclosing(source):
                await self._catch_up(operation, source)

    async def _catch_up(self, operation: Any, source: Any) -> None:
        async with aclosing(self._paced(source)) as results:
            await super()._send_result_stream(operation, results)

    async def _paced(self, source: Any) -> AsyncGenerator[Any, None]:
        """The results of a source that does not wait: so few at a time in this process that the database keeps up."""
        view: Any = self.view
        while True:
            async with view.catching_up:
                result = await anext(source, None)
            if result is None:
                return
            yield result

    async def _read(self, operation: Any, stream: Stream, reader: Reader) -> int:
        """Send what a stream tells; gives the number behind which it cannot go on."""
        adapter: Any = self.websocket
        tail = b',"id":' + orjson.dumps(operation.id) + b"}"
        write: Write | None = adapter.ws.scope.get("extensions", {}).get(FRAMES)

        def tell(told: Told) -> bool:
            return write is not None and not self.context.ended and write(frame(told, tail))

        while stream.reaches(reader.seq):
            untold = stream.behind(reader)
            for told in untold:
                if self.context.ended:  # the key was revoked or has expired: the socket is being closed
                    raise asyncio.CancelledError
                await adapter.send_text((HEAD + told.payload + tail).decode())
                reader.seq = told.seq
            if not untold and write is not None:
                await stream.tell_at_once(reader, tell)
            elif not untold:
                await stream.changed()
        return reader.seq

    async def handle_message(self, message: Any) -> None:
        """Take one message; what has another shape than the protocol's ends the socket."""
        if well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("The message is not one of graphql-transport-ws.")

    async def handle_subscribe(self, message: Any) -> None:
        """Begin an operation, or refuse it with a code where the socket has as many under way as it may."""
        most = self.max_subscriptions_per_connection
        known = not self.connection_acknowledged or message["id"] in self.operations
        if known or most is None or len(self.operations) < most:
            await super().handle_subscribe(message)
            return
        error = refusal(
            f"This socket has {most} operations under way, as many as it may.",
            "TOO_MANY_OPERATIONS",
            "Complete one first, or open another socket.",
            requestId=self.context.request_id,
        )
        await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})

    async def handle_connection_init(self, message: Any) -> None:
        """Let the client in, or close with a code that brings it back."""
        try:
            await super().handle_connection_init(message)
        except Unavailable as error:
            await self.websocket.close(TRY_AGAIN, str(error))


def well_formed(message: Any) -> bool:
    """Whether a message has the shape that the protocol gives it; the library looks at no more than names."""
    if not isinstance(message, dict) or not isinstance(message.get("id", ""), str):
        return False
    if message.get("type") != "subscribe":
        return isinstance(message.get("type"), str)
    payload = message.get("payload")
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
        and isinstance(payload.get("extensions"), dict | None)
    )
