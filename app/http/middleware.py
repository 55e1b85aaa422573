"""Around every request: an id, one line in the log, headers that protect the browser, a limit on the body.

All of it is plain ASGI: nothing is buffered, and what is bound to the log holds for the streams too.
"""

from __future__ import annotations

import re
import time
from typing import Any, Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel.logs import bound
from app.kernel.settings import Settings
from app.services.callers import CALLER, Caller

LARGEST_BODY: Final = 1024 * 1024
"""Bytes of a request's body, where its route says nothing else."""
HEADER: Final = "x-request-id"

_SANE: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET: Final = ("/livez", "/readyz", "/metrics", "/static/")
_LONG: Final = re.compile(r"[^/]{25,}")
_UPLOAD: Final = re.compile(r"/media/[^/]+/upload")
_YEAR: Final = 31_536_000

log = structlog.get_logger(__name__)


def stack(settings: Settings) -> list[Middleware]:
    """The middleware of the application, outermost first."""
    found = [Middleware(Requests, https=settings.production and settings.public_url.startswith("https://"))]
    if settings.allowed_origins:
        found.append(Middleware(CrossOriginUploads, origins=settings.allowed_origins))
    return [*found, Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY)]


class Requests:
    """The id of a request, its line in the log, the headers of its answer, and an answer where the code failed."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "frame-ancestors 'none'",
            "X-Frame-Options": "DENY",
        }
        if https:
            self._headers["Strict-Transport-Security"] = f"max-age={_YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        client = scope.get("client")
        calls = CALLER.set(Caller(address=client[0] if client else None, request_id=request_id))
        try:
            with bound(request_id=request_id):
                await self._serve(scope, receive, send, request_id)
        finally:
            CALLER.reset(calls)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers[HEADER] = request_id
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception:
            log.exception("http.failed", path=logged_path(scope))
            if scope["type"] != "http" or status:
                raise  # it is too late for an answer: the server closes the connection
            await _failed(request_id)(scope, receive, answer)
        finally:
            quiet = scope["path"].startswith(_QUIET)
            say = log.debug if quiet else log.info
            ms = round((time.perf_counter() - started) * 1000, 1)
            say("http.request", method=scope.get("method", "SOCKET"), path=logged_path(scope), status=status, ms=ms)


def logged_path(scope: Scope) -> str:
    """The path without what it opens: parameters by their names, no query; of an unknown path no long words."""
    path: str = scope["path"]
    params: dict[str, Any] = scope.get("path_params", {})
    for name, value in params.items():
        path = path.replace(str(value), f"{{{name}}}", 1)
    return _LONG.sub("…", path)


def _failed(request_id: str) -> JSONResponse:
    body = {
        "code": "INTERNAL",
        "message": "Something went wrong on this server.",
        "hint": f"Try again; if it goes on, give the operator this id: {request_id}",
    }
    return JSONResponse(body, 500, headers={"Cache-Control": "no-store"})


class CrossOriginUploads:
    """Lets frontends of the allowed origins send files to our own upload address; what else they may, the API says."""

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        self._app = app
        # No credentials: the token in the address is what counts, never a cookie.
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("PUT",),
            allow_headers=("content-type",),
            expose_headers=(HEADER,),
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_open = scope["type"] == "http" and _UPLOAD.fullmatch(scope["path"]) is not None
        await (self._open if is_open else self._app)(scope, receive, send)
