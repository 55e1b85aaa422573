"""The gate before a simulated platform: logs every request and does to it what a fault orders.

A request is read whole before anything happens to it, and served even if its sender has gone meanwhile, as a
real server does: only so can a test tell "the sender died" from "the platform did nothing".
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.sandbox.faults import Fault, FaultKind, Release
from connectors.sandbox.request_log import LoggedRequest, redact_body, redact_headers, redact_query
from connectors.sandbox.world import Platform, World

OWN_PREFIXES = ("/_sandbox/", "/_ledger", "/favicon.ico")
"""The sandbox's own control API and page: never faulted, never logged."""

LOGGED = "sandbox.request"
"""Key in the ASGI scope: the `LoggedRequest`, so that handlers can say whose request it was and what is wrong."""

checks_made: Counter[str] = Counter()
"""How many requests this process has checked against a platform's own description, by platform."""

CONNECTION = "sandbox.connection"
"""Key in the ASGI scope's extensions: a function that closes the connection at once."""


@dataclass(slots=True)
class _Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @staticmethod
    def of(status: int, headers: dict[str, str], body: Any) -> _Answer:
        """An answer made up by a fault: text as it stands, anything else as JSON."""
        text = body.encode() if isinstance(body, str) else orjson.dumps(body)
        mime = b"text/html" if isinstance(body, str) and body.startswith("<") else b"application/json"
        more = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        return _Answer(status, [(b"content-type", mime), (b"content-length", str(len(text)).encode()), *more], text)


class Gate:
    """An ASGI application around a platform's own."""

    def __init__(self, world: World, platform: Platform, app: ASGIApp) -> None:
        self._world = world
        self._platform = platform
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] == "/" or scope["path"].startswith(OWN_PREFIXES):
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        logged = self._begin(scope, body)
        scope[LOGGED] = logged
        fault = self._world.faults.take(self._platform.name, scope["method"], scope["path"], logged.account)
        logged.fault = fault.id if fault else None
        try:
            answer = await self._answer(fault, scope, body)
            if answer is None:
                logged.outcome = "dropped"
            else:
                logged.status, logged.error = answer.status, _words(answer)
        except BaseException:
            logged.outcome = "crashed"
            raise
        finally:
            self._world.requests.write(logged)
        if answer is None:
            await _drop(scope, receive)
        else:
            await _send(
                answer, send, drip=fault.order.seconds if fault and fault.order.kind is FaultKind.DRIP else None
            )

    def _begin(self, scope: Scope, body: bytes) -> LoggedRequest:
        headers = Headers(scope=scope)
        return LoggedRequest(
            at=self._world.now().isoformat(),
            platform=self._platform.name,
            method=scope["method"],
            path=scope["path"],
            query=redact_query(scope["query_string"]),
            headers=redact_headers(scope["headers"]),
            body=redact_body(headers.get("content-type", ""), body),
            account=self._platform.identify(headers),
        )

    async def _answer(self, fault: Fault | None, scope: Scope, body: bytes) -> _Answer | None:
        """What is answered; None: the connection is closed instead."""
        if fault is None:
            return await self._act(scope, body)
        if await self._stopped(fault, scope):
            return self._made_up(fault) if fault.order.kind is FaultKind.STATUS else None
        return await self._distorted(fault, await self._act(scope, body))

    async def _stopped(self, fault: Fault, scope: Scope) -> bool:
        """The part of a fault before the platform acts; true when it does not get to act."""
        match fault.order.kind:
            case FaultKind.HOLD:
                return await self._world.faults.wait_for_release(fault) is Release.DROP
            case FaultKind.DELAY:
                await asyncio.sleep(fault.order.seconds)
            case FaultKind.EXPIRE_TOKEN:
                self._platform.expire(Headers(scope=scope))
            case FaultKind.DROP_BEFORE_EFFECT | FaultKind.STATUS:
                return True
            case _:
                pass
        return False

    async def _distorted(self, fault: Fault, answer: _Answer) -> _Answer | None:
        """The part of a fault after the platform has acted."""
        order = fault.order
        match order.kind:
            case FaultKind.HOLD_ANSWER:
                return None if await self._world.faults.wait_for_release(fault) is Release.DROP else answer
            case FaultKind.DROP_AFTER_EFFECT:
                return None
            case FaultKind.ERROR_AFTER_EFFECT:
                return self._made_up(fault)
            case FaultKind.WRONG_JSON:
                return _Answer.of(200, order.headers, order.body if order.body is not None else {"unexpected": True})
            case _:
                return answer

    def _made_up(self, fault: Fault) -> _Answer:
        order = fault.order
        body = order.body if order.body is not None else self._platform.refusal(order.status)
        return _Answer.of(order.status, order.headers, body)

    async def _act(self, scope: Scope, body: bytes) -> _Answer:
        """Let the platform serve the request and keep its answer."""
        answer = _Answer(500, [], b"")
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                await asyncio.Event().wait()  # an answer is given without hearing of the sender any more
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await self._app(scope, receive, keep)
        return answer


async def _whole(receive: Receive) -> bytes | None:
    """The request's body; None when the sender left before it had sent all of it."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without a word and return only when it is closed."""
    close: Callable[[], None] = scope["extensions"][CONNECTION]["close"]
    close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(answer: _Answer, send: Send, *, drip: float | None) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if drip is not None:
        for index in range(len(answer.body)):
            await send({"type": "http.response.body", "body": answer.body[index : index + 1], "more_body": True})
            await asyncio.sleep(drip)
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.body", "body": answer.body})


def _words(answer: _Answer) -> str | None:
    """What the platform says in an error answer, in short."""
    if answer.status < 400:
        return None
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer.body[:200].decode("utf-8", "replace")
    if not isinstance(body, dict):
        return None
    parts = [str(body[name]) for name in ("error", "message", "error_description") if body.get(name)]
    return ": ".join(parts) or None


def note_account(scope: Scope, handle: str) -> None:
    """Write into the log whose request this is."""
    logged: LoggedRequest | None = scope.get(LOGGED)
    if logged is not None:
        logged.account = handle


def note_violation(scope: Scope, what: str) -> None:
    """Write into the log that the request breaks the platform's specification."""
    logged: LoggedRequest | None = scope.get(LOGGED)
    if logged is not None:
        logged.contract_violations.append(what)


def note_check(scope: Scope, description: str) -> None:
    """Write into the log what the request was checked against."""
    checks_made[description.partition(":")[0]] += 1
    logged: LoggedRequest | None = scope.get(LOGGED)
    if logged is not None:
        logged.checked.append(description)
