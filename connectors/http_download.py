"""An answer that is received as a stream: for files, which may be larger than memory.

The same guard as for every call holds for each hop, and the same cap on bytes and on time, while the bytes come in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urljoin

from connectors.egress import EgressPolicy, Target, forbidden
from connectors.exchanges import SUMMARY_CHARACTERS, Exchange, Recorder
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.http_body import BodyRefused
from connectors.http_flight import Flight, explain, fault_of
from connectors.http_pool import HttpPool
from connectors.redactor import redact_url

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEPT_ACROSS_ORIGINS: Final = frozenset({"accept", "accept-encoding", "accept-language", "range", "user-agent"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer whose body is still to come."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Lower-case names."""
    chunks: AsyncIterator[bytes] = field(repr=False)
    """The body. Raises `PlatformFault` where it is too large, too slow, or breaks off."""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


def next_hop(
    egress: EgressPolicy, here: Target, location: str, headers: dict[str, str]
) -> tuple[Target, dict[str, str]]:
    """Where a redirect leads and what may go there; credentials stay on their origin.

    Raises `PlatformFault` (`FORBIDDEN_ADDRESS`).
    """
    try:
        there = egress.check(urljoin(here.url, location))
    except ValueError as error:
        raise forbidden("The address redirects to something that is no web address.") from error
    if there.origin == here.origin:
        return there, headers
    return there, {name: value for name, value in headers.items() if name in _KEPT_ACROSS_ORIGINS}


def too_many(follow: int) -> PlatformFault:
    """The refusal of an address that redirects again and again."""
    message = f"The address redirects more than {follow} times."
    return PlatformFault(fault_of(FaultKind.UNEXPECTED_ANSWER, message, Effect.NONE))


@asynccontextmanager
async def download(
    pool: HttpPool, recorder: Recorder | None, url: str, *, max_bytes: int, seconds: float, follow: int
) -> AsyncIterator[Incoming]:
    """Ask for a file, and give the answer before its body has come; it is closed at the end of the block.

    Raises:
        PlatformFault: `UNREACHABLE`, `NO_ANSWER`, `UNEXPECTED_ANSWER` (also from the body) or `FORBIDDEN_ADDRESS`.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    # Nothing is unfolded: a few kilobytes must not become gigabytes.
    headers = {"user-agent": pool.user_agent, "accept": "*/*", "accept-encoding": "identity"}
    target = pool.egress.check(url)
    for left in range(follow, -1, -1):
        flight = Flight("GET", target, headers, None, effect=False, before_effect=None)
        response = await _answer(pool, recorder, flight, deadline)
        try:
            location = response.headers.get("location")
            if not follow or response.status_code not in REDIRECTS or not location:
                known = dict(response.headers)
                chunks = _capped(response, flight, deadline, max_bytes)
                yield Incoming(response.status_code, known, chunks)
                return
        finally:
            _record(recorder, flight, None)
            await response.aclose()
        if left:
            target, headers = next_hop(pool.egress, target, location, headers)
    raise too_many(follow)


async def _answer(pool: HttpPool, recorder: Recorder | None, flight: Flight, deadline: float) -> Any:
    clock = asyncio.timeout_at(deadline)
    try:
        async with clock:
            response = await pool.exchange(flight.request(pool.timeouts))
    except Exception as error:
        fault = explain(error, flight, timed_out=clock.expired())
        code = fault.kind.value if fault is not None else type(error).__name__
        _record(recorder, flight, code)
        if fault is None:
            raise
        raise PlatformFault(fault) from error
    flight.status = response.status_code
    return response


async def _capped(response: Any, flight: Flight, deadline: float, max_bytes: int) -> AsyncIterator[bytes]:
    """The body, with its cap on bytes and on time."""
    clock, size = asyncio.timeout_at(deadline), 0
    source = cast("AsyncIterator[bytes]", response.stream).__aiter__()
    try:
        _check_stated(response.headers, max_bytes)
        while True:
            clock = asyncio.timeout_at(deadline)
            async with clock:
                chunk = await anext(source, None)
            if chunk is None:
                return
            size += len(chunk)
            _check_size(size, max_bytes)
            yield chunk
    except Exception as error:
        fault = explain(error, flight, timed_out=clock.expired())
        if fault is None:
            raise
        raise PlatformFault(fault) from error


def _check_stated(headers: Mapping[str, str], max_bytes: int) -> None:
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise BodyRefused("The answer is compressed in a way that was not asked for.")
    stated = headers.get("content-length", "")
    _check_size(int(stated) if stated.isascii() and stated.isdigit() else 0, max_bytes)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise BodyRefused(f"The answer is larger than {max_bytes} bytes.")


def _record(recorder: Recorder | None, flight: Flight, code: str | None) -> None:
    if recorder is None:
        return
    recorder(
        Exchange(
            method=flight.method,
            url=redact_url(flight.target.url)[:SUMMARY_CHARACTERS],
            ms=round((time.perf_counter() - flight.started) * 1000),
            sent=flight.sent,
            status=flight.status,
            code=code,
        )
    )
