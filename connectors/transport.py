"""HTTP as connectors see it: one call, one answer, and always the truth about whether the request left.

A call ends in one of three ways: an `Answer` (any status), `UNREACHABLE` (proved that nothing was sent), or `NO_ANSWER`
(it was handed to the network and no usable answer came back; with `effect=True` the outcome is unknown). Connectors
catch nothing of their own. The line between the two faults is drawn where the first byte of the request is about to be
written; `before_effect` runs exactly there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import orjson

from connectors.echoes import sent_secrets, taken_back
from connectors.exchanges import SUMMARY_CHARACTERS, Exchange, Recorder, platform_code, summarize_body
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.http_body import ACCEPTED_ENCODINGS, read_capped
from connectors.http_download import REDIRECTS, Incoming, download, next_hop, too_many
from connectors.http_flight import BeforeEffect, Flight, explain, fault_of
from connectors.http_pool import HttpPool
from connectors.http_request import Body, FilePart, build_body, with_params
from connectors.redactor import redact_url
from connectors.secret import Secret

__all__ = ["Answer", "BeforeEffect", "FilePart", "HttpPool", "Incoming", "Transport"]


Heed = Callable[[Mapping[str, str], bool], None]
"""Takes the headers of each answer, and whether it answers the irreversible request. It must not raise."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Any HTTP answer, also a refusal."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Lower-case names; several values of one name are joined by a comma."""
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    """Where the answer came from: after redirects, the last address."""
    effect: Effect = Effect.NONE
    """What an unusable answer would mean: UNKNOWN for the irreversible request, else NONE."""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises `PlatformFault` (`UNEXPECTED_ANSWER`, with the answer's effect) if it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            message = "The platform's answer is not JSON."
            fault = fault_of(FaultKind.UNEXPECTED_ANSWER, message, self.effect, status=self.status)
            raise PlatformFault(fault) from error


class Transport:
    """Calls over one pool, with one recorder and one deadline check. Cheap: make one for each story."""

    def __init__(
        self,
        pool: HttpPool,
        recorder: Recorder | None = None,
        before_effect: BeforeEffect | None = None,
        heed: Heed | None = None,
    ) -> None:
        self._pool = pool
        self._recorder = recorder
        self._before_effect = before_effect
        self._heed = heed

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | Sequence[str]] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        content_length: int | None = None,
        files: Sequence[FilePart] | None = None,
        token: Secret | None = None,
        effect: bool = False,
        timeout: float | None = None,
        max_bytes: int = 2_000_000,
        follow: int = 0,
    ) -> Answer:
        """Make one call and give its answer, whatever the status.

        Args:
            method: The HTTP method.
            url: The address; checked against the egress policy on every hop.
            headers: More headers; they win over ours.
            params: Query parameters, added to those of the address.
            json: A JSON body.
            form: A form body; with `files` the other fields of the multipart form.
            content: A raw body; an iterator is streamed, with `content_length` bytes if that is given.
            content_length: Bytes of an iterator's body.
            files: A multipart body.
            token: Goes out as `Authorization: Bearer`.
            effect: This is the irreversible request.
            timeout: Seconds for the whole call, redirects and body included; the pool's `total` by default.
            max_bytes: The largest answer that is read, after decompression.
            follow: How many redirects to follow (GET and HEAD only); credentials stay on their origin.

        Raises:
            PlatformFault: `UNREACHABLE` (not sent; code `pool_timeout` means that our own pool was busy), `NO_ANSWER`,
                `UNEXPECTED_ANSWER` (too large, badly encoded, too many redirects) or `FORBIDDEN_ADDRESS`.
            ValueError: Several bodies, or redirects on a call that is no GET or HEAD.
        """
        method = method.upper()
        if follow and (effect or method not in {"GET", "HEAD"}):
            raise ValueError("only GET and HEAD without an effect follow redirects")
        body = build_body(json=json, form=form, content=content, content_length=content_length, files=files)
        sent_headers = self._headers(headers, body, token)
        target = self._pool.egress.check(with_params(url, params))
        deadline = asyncio.get_running_loop().time() + (self._pool.total if timeout is None else timeout)
        secrets = sent_secrets(sent_headers, [form, json])
        for left in range(follow, -1, -1):
            flight = Flight(method, target, sent_headers, body, effect, self._before_effect, secrets)
            answer = await self._fly(flight, deadline, max_bytes)
            location = answer.headers.get("location")
            if not follow or answer.status not in REDIRECTS or not location:
                return answer
            if left:
                target, sent_headers = next_hop(self._pool.egress, target, location, sent_headers)
        raise too_many(follow)

    def _headers(self, given: Mapping[str, str] | None, body: Body | None, token: Secret | None) -> dict[str, str]:
        headers = {"user-agent": self._pool.user_agent, "accept": "*/*"}
        if body is not None and body.content_type is not None:
            headers["content-type"] = body.content_type
        if token is not None:
            headers["authorization"] = f"Bearer {token.reveal()}"
        headers.update({name.lower(): value for name, value in (given or {}).items()})
        # Only what can be unfolded under the cap is asked for.
        headers["accept-encoding"] = ACCEPTED_ENCODINGS
        return headers

    def receive(
        self, url: str, *, max_bytes: int, timeout: float | None = None, follow: int = 0
    ) -> AbstractAsyncContextManager[Incoming]:
        """Ask for a file, and receive its body as a stream: memory holds a chunk of it at a time.

        Args:
            url: The address; checked against the egress policy on every hop.
            max_bytes: The largest body that is received.
            timeout: Seconds for everything, redirects and body included; the pool's `total` by default.
            follow: How many redirects to follow.
        """
        seconds = self._pool.total if timeout is None else timeout
        return download(self._pool, self._recorder, url, max_bytes=max_bytes, seconds=seconds, follow=follow)

    async def _fly(self, flight: Flight, deadline: float, max_bytes: int) -> Answer:
        clock = asyncio.timeout_at(deadline)
        try:
            async with clock:
                answer = await self._exchange(flight, max_bytes)
        except asyncio.CancelledError:
            self._record(flight, code="cancelled")
            raise
        except Exception as error:
            fault = explain(error, flight, timed_out=clock.expired())
            if fault is None:
                known = error.fault.kind.value if isinstance(error, PlatformFault) else type(error).__name__
                self._record(flight, code=known)
                raise
            self._record(flight, code=fault.kind.value)
            raise PlatformFault(fault) from error
        clean = replace(answer, body=taken_back(answer.body, flight.secrets))
        self._record(flight, answer=clean)
        if self._heed is not None:
            self._heed(answer.headers, flight.effect)
        return answer if answer.ok else clean  # new tokens must come through as they are

    async def _exchange(self, flight: Flight, max_bytes: int) -> Answer:
        response = await self._pool.exchange(flight.request(self._pool.timeouts))
        try:
            flight.status = response.status_code
            headers = dict(response.headers)
            chunks = cast("AsyncIterator[bytes]", response.stream)
            body = b"" if flight.method == "HEAD" else await read_capped(chunks, headers, max_bytes)
        finally:
            await response.aclose()
        effect = Effect.UNKNOWN if flight.effect else Effect.NONE
        return Answer(response.status_code, headers, body, flight.target.url, effect)

    def _record(self, flight: Flight, *, answer: Answer | None = None, code: str | None = None) -> None:
        if self._recorder is None:
            return
        response = ""
        if answer is not None:
            response = summarize_body(answer.body, answer.headers.get("content-type", ""))
            code = None if answer.ok else platform_code(answer.body)
        self._recorder(
            Exchange(
                method=flight.method,
                url=redact_url(flight.target.url)[:SUMMARY_CHARACTERS],
                ms=round((time.perf_counter() - flight.started) * 1000),
                sent=flight.sent,
                status=flight.status,
                request="" if flight.body is None else flight.body.summary,
                response=response,
                code=code,
            )
        )
