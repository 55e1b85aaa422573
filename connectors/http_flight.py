"""One request while it is under way: where it stands, and what it means when it fails there.

The one question that decides between "try again" and "nobody knows" is whether the request had been handed to the
network. A `Flight` knows it from the connection itself, at the moment before the first byte is written.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from connectors.egress import Target
from connectors.faults import HINTS, Effect, Fault, FaultKind
from connectors.http_body import BodyRefused
from connectors.http_request import Body

BeforeEffect = Callable[[], Awaitable[None] | None]
"""Called just before the irreversible request is written; it may raise, and then nothing is sent."""

# What httpx2 raises once the request has been handed over. A flight knows it better from the connection's reports;
# where there were none, the error's type is the witness.
_AFTER_SENDING: Final = (
    httpx2.ReadError,
    httpx2.ReadTimeout,
    httpx2.WriteError,
    httpx2.WriteTimeout,
    httpx2.RemoteProtocolError,
)


@dataclass(slots=True)
class Flight:
    """What is known of one request while it is under way."""

    method: str
    target: Target
    headers: dict[str, str]
    body: Body | None
    effect: bool
    before_effect: BeforeEffect | None
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    """What it carries under secret names."""
    sent: bool = False
    watched: bool = False
    """Whether the connection has reported any step: then its report on sending can be relied on."""
    status: int | None = None
    started: float = field(default_factory=time.perf_counter)

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by the connection at each of its steps; a proxy's CONNECT is not yet the request."""
        self.watched = True
        if event == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            if self.effect and self.before_effect is not None:
                called = self.before_effect()
                if inspect.isawaitable(called):
                    await called
            self.sent = True
        elif event == "http11.send_request_headers.failed" and "LocalProtocolError" in type(info["exception"]).__name__:
            self.sent = False  # a header that cannot be written: no byte left

    def meaning(self) -> Effect:
        """What it means for the platform's state when this flight fails now. A 4xx proves a refusal."""
        refused = self.status is not None and 400 <= self.status < 500
        return Effect.UNKNOWN if self.effect and self.sent and not refused else Effect.NONE

    def request(self, timeouts: Mapping[str, float | None]) -> httpx2.Request:
        """The request in the library's terms."""
        headers = dict(self.headers)
        extensions = {"timeout": dict(timeouts), "trace": self.trace}
        if self.body is None:
            return httpx2.Request(self.method, self.target.url, headers=headers, extensions=extensions)
        if self.body.length is not None:
            headers["content-length"] = str(self.body.length)
        content = self.body.portions()
        return httpx2.Request(self.method, self.target.url, headers=headers, content=content, extensions=extensions)


def explain(error: Exception, flight: Flight, *, timed_out: bool) -> Fault | None:
    """The fault that an exception in flight amounts to; None where the exception speaks for itself."""
    if not flight.watched:
        flight.sent = isinstance(error, _AFTER_SENDING)
    if isinstance(error, BodyRefused):
        return fault_of(FaultKind.UNEXPECTED_ANSWER, str(error), flight.meaning(), status=flight.status)
    unanswered = flight.effect and flight.sent
    if not (timed_out or unanswered or isinstance(error, httpx2.TransportError)):
        # A refusal of ours (address, deadline), or a fault of whoever supplies the body, before anything could happen.
        return None
    if flight.sent:
        message = "The platform took too long to answer." if timed_out else "The platform gave no usable answer."
        return fault_of(FaultKind.NO_ANSWER, message, flight.meaning(), status=flight.status)
    if isinstance(error, httpx2.PoolTimeout):
        message = "All connections to the platform are in use."
        return fault_of(FaultKind.UNREACHABLE, message, Effect.NONE, code="pool_timeout")
    if isinstance(error, httpx2.LocalProtocolError):
        message = "The request cannot be written: a header or a length in it is wrong."
        return fault_of(FaultKind.UNREACHABLE, message, Effect.NONE, code="invalid_request")
    return fault_of(FaultKind.UNREACHABLE, "The platform cannot be reached.", Effect.NONE)


def fault_of(
    kind: FaultKind, message: str, effect: Effect, *, status: int | None = None, code: str | None = None
) -> Fault:
    """A fault with its kind's usual hint."""
    return Fault(kind, message, hint=HINTS[kind], effect=effect, status=status, code=code)
