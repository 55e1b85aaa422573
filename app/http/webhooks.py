"""The addresses that platforms send to: handshakes, deliveries, and callbacks about people's rights.

The promise: a 2xx is given only for what is proven and committed. Everything unproven gets the same 401, whatever was
wrong with it. A database that is away or too slow, and a crowd that is too large, get a 503 with `Retry-After`, so that
the platform sends again. Bodies are taken as they came, up to 1 MiB, and are neither read nor processed here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.domain.connections.errors import UnknownPlatform
from app.domain.webhooks.queries import state_by_code
from app.domain.webhooks.states import DeliveryState
from app.flows.runtime import Runtime
from app.flows.webhooks.intake import Intake, Overloaded
from app.flows.webhooks.senders import Sender, sender
from app.http.rendering import html_page
from app.kernel import metrics
from connectors.receivers import RECEIVERS
from connectors.redactor import redact_text
from connectors.signatures import Delivery, Verdict
from connectors.webhooks import Callback, delivery_key, greet, proven

LARGEST: Final = 1024 * 1024
HEADERS: Final = {"Cache-Control": "no-store"}
AGAIN: Final = "5"
"""Seconds after which a platform may send again what could not be written."""
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{22}")

log = structlog.get_logger(__name__)

Handler = Callable[[Request, Sender], Awaitable[Response]]


def routes(rt: Runtime, intake: Intake) -> list[BaseRoute]:
    """Every address that platforms send to."""
    door = _Door(rt, intake)
    return [
        Route("/webhooks/{platform}", door.known(door.greet), methods=["GET"], name="webhook-handshake"),
        Route("/webhooks/{platform}", door.known(door.take), methods=["POST"], name="webhook", max_body_size=LARGEST),
        Route(
            "/webhooks/{platform}/{callback}",
            door.known(door.take_callback),
            methods=["POST"],
            name="webhook-callback",
            max_body_size=LARGEST,
        ),
        Route("/webhooks/{platform}/deletion/{code}", door.show, methods=["GET"], name="webhook-deletion"),
    ]


class _Door:
    """The handlers, over one runtime."""

    def __init__(self, rt: Runtime, intake: Intake) -> None:
        self._rt = rt
        self._intake = intake

    def known(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """The handler for platforms that may send here; others find nothing, and the operator a line in the log."""

        async def answer(request: Request) -> Response:
            key = request.path_params["platform"]
            try:
                found = sender(self._rt.settings, key)
            except UnknownPlatform as error:
                log.warning("webhook.not_configured", receiver=redact_text(key[:40]), hint=error.hint)
                return _nothing_here()
            try:
                return await handler(request, found)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it; nothing was kept
            except (SQLAlchemyError, OSError, Overloaded) as error:
                log.warning("webhook.not_kept", receiver=key, error=type(error).__name__)
                _count(found, "shed" if isinstance(error, Overloaded) else "unavailable")
                return PlainTextResponse("try again\n", 503, headers={**HEADERS, "Retry-After": AGAIN})

        return answer

    async def greet(self, request: Request, found: Sender) -> Response:
        """The platform asks whether this address is ours."""
        params = dict(request.query_params)
        reply = greet(found.receiver, params, found.verify_token, found.secrets)
        _count(found, "handshake" if reply else "handshake_refused")
        if reply is None:
            log.warning("webhook.handshake_refused", receiver=found.receiver.key)
            return _unproven()
        return Response(reply.body, headers={**HEADERS, "Content-Type": reply.media_type})

    async def take(self, request: Request, found: Sender) -> Response:
        """A delivery: proven, written down, answered."""
        delivery = Delivery({name.lower(): value for name, value in request.headers.items()}, await request.body())
        verdict = proven(found.receiver, delivery, found.secrets, self._rt.clock.now())
        if verdict is not Verdict.VALID:
            return _refused(found, verdict)
        key = delivery_key(found.receiver, delivery)
        kept = await self._intake.accept(found.receiver.key, key, delivery.body)
        _count(found, "accepted" if kept.new else "duplicate")
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def take_callback(self, request: Request, found: Sender) -> Response:
        """A request that carries its proof inside: deauthorization, deletion."""
        name: str = request.path_params["callback"]
        callback: Callback | None = found.receiver.callbacks.get(name)
        if callback is None:
            return _nothing_here()
        payload = callback.open(await request.body(), found.secrets)
        if payload is None:
            return _refused(found, Verdict.FORGED)
        key = f"{name}:{hashlib.sha256(payload).hexdigest()}"
        kept = await self._intake.accept(
            found.receiver.key, key, payload, callback=name, with_code=callback.answers_with_code
        )
        _count(found, "accepted" if kept.new else "duplicate")
        if kept.confirmation_code is None:
            return PlainTextResponse("ok\n", headers=HEADERS)
        code = kept.confirmation_code
        url = f"{self._rt.settings.public_url}/webhooks/{found.receiver.key}/deletion/{code}"
        return JSONResponse({"url": url, "confirmation_code": code}, headers=HEADERS)

    async def show(self, request: Request) -> Response:
        """The page about a request of deletion, for the person who made it."""
        receiver, code = request.path_params["platform"], request.path_params["code"]
        state = None
        if receiver in RECEIVERS and _CODE.fullmatch(code):  # what is not of our form is not asked for
            async with self._rt.db.system() as session:
                state = await state_by_code(session, receiver, code)
        days = round(self._rt.settings.timing.webhook_retention / 86400)
        values: dict[str, Any] = {
            "client_name": self._rt.settings.client_name,
            "host": self._rt.settings.public_url.partition("://")[2],
            "days": days,
            "progress": _progress(state),
        }
        return html_page("deletion.html", status=404 if state is None else 200, **values)


def _progress(state: DeliveryState | None) -> str:
    match state:
        case None:
            return "unknown"
        case DeliveryState.DONE:
            return "deleted"
        case DeliveryState.ORPHAN:
            return "nothing_held"
        case DeliveryState.DEAD:
            return "stuck"
    return "under_way"


def _refused(found: Sender, verdict: Verdict) -> Response:
    _count(found, verdict.value)
    log.warning("webhook.unproven", receiver=found.receiver.key, verdict=verdict.value)
    return _unproven()


def _unproven() -> Response:
    return PlainTextResponse("not proven\n", 401, headers=HEADERS)


def _nothing_here() -> Response:
    return PlainTextResponse("There is nothing here.\n", 404, headers=HEADERS)


def _count(found: Sender, outcome: str) -> None:
    metrics.WEBHOOKS.labels(platform=found.receiver.key, outcome=outcome).inc()
