"""`/session`: how a page of ours signs in and out. The session is a cookie that no script can read.

The promise: only a page of this server gets a cookie or gives one up. A password opens a person's session; an API key
opens one that speaks for the key, so that the page need not keep it.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.actions.people.open_session import Opened
from app.domain.people.session_model import COOKIE_LIFE
from app.flows.people.browsers import cookie_name, credential_of, require_own_page, secure
from app.flows.people.enter import Caller, SignIn, sign_in
from app.flows.people.sessions import leave_browser, open_for_key
from app.flows.runtime import Runtime
from app.http.refusals import refused
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.settings import Settings
from connectors.secret import Secret

PATH: Final = "/session"
LARGEST: Final = 8 * 1024


def routes(rt: Runtime) -> list[BaseRoute]:
    """The address."""
    door = _Door(rt)
    return [
        Route(PATH, door.open, methods=["POST"], name="session", max_body_size=LARGEST),
        Route(PATH, door.close, methods=["DELETE"], name="session-end"),
    ]


class _Door:
    """The handlers, over one runtime."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    async def open(self, request: Request) -> Response:
        """Sign in by address and password, or by an API key."""
        try:
            require_own_page(request.headers)
            opened = await self._opened(request)
        except DomainError as error:
            return refused(error)
        body = {"expiresAt": opened.session.expires_at.isoformat(), "asPerson": opened.session.person_id is not None}
        answer = JSONResponse(body, headers={"Cache-Control": "no-store"})
        keep_cookie(self._rt.settings, answer, opened.access)
        return answer

    async def close(self, request: Request) -> Response:
        """Sign out: the session ends here and now, and the cookie goes."""
        try:
            require_own_page(request.headers)
        except DomainError as error:
            return refused(error)
        cookie = credential_of(request.cookies, self._rt.settings)
        if cookie is not None:
            await leave_browser(self._rt, Secret(cookie.reveal().partition(" ")[2]))
        answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
        keep_cookie(self._rt.settings, answer, None)
        return answer

    async def _opened(self, request: Request) -> Opened:
        given = await _object(request)
        caller = caller_of(request)
        if "apiKey" in given:
            return await open_for_key(self._rt, caller, Secret(_text(given, "apiKey")))
        workspace = _text(given, "workspace") if given.get("workspace") is not None else None
        wanted = SignIn(_text(given, "address"), Secret(_text(given, "password")), workspace, cookie=True)
        return await sign_in(self._rt, caller, wanted)


def keep_cookie(settings: Settings, answer: Response, value: Secret | None) -> None:
    """Give the browser its cookie; None takes it away."""
    answer.set_cookie(
        cookie_name(settings),
        "" if value is None else value.reveal(),
        max_age=0 if value is None else int(COOKIE_LIFE.total_seconds()),
        path="/",
        secure=secure(settings),
        httponly=True,
        samesite="lax",  # a link from a mail leads to a page that is signed in; changes need more than the cookie
    )


def caller_of(request: Request) -> Caller:
    """Where a request comes from."""
    place = request.client.host if request.client is not None else "unknown"
    return Caller(place, request.headers.get("user-agent", ""))


async def _object(request: Request) -> dict[str, Any]:
    try:
        given = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise InvalidInput("The body is not a JSON object.", hint='Send {"address": "...", "password": "..."}.')
    return given


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise InvalidInput(
            f"`{name}` is missing or no text.",
            hint='Send {"address": "...", "password": "..."} or {"apiKey": "..."}.',
            path=(name,),
        )
    return value
