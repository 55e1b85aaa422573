"""`/graphql`: one address for programs and for people.

A browser that opens it gets the playground, everything else goes to the API, which has limits and CORS rules of its
own. Which API it is, the root of the process says.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.playground import page, wants_page
from app.kernel.settings import Settings

PATH: Final = "/graphql"


class _Address:
    """The API, with the playground in front of it for browsers."""

    def __init__(self, api: ASGIApp, settings: Settings) -> None:
        self._api = api
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opens = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        if opens and self._settings.playground and wants_page(Headers(scope=scope).get("accept", "")):
            await page(self._settings)(scope, receive, send)
        else:
            await self._api(scope, receive, send)


def routes(api: ASGIApp, settings: Settings) -> list[BaseRoute]:
    """The address over HTTP and as a socket."""
    address = _Address(api, settings)
    return [
        Route(PATH, address, name="graphql"),
        WebSocketRoute(PATH, address, name="graphql-socket"),
    ]
