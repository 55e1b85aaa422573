"""The Graph API's one door on both hosts: finds out who calls and what about, and hands the call on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.gate import note_account
from connectors.sandbox.meta import instagram, pages, posts, subscriptions
from connectors.sandbox.meta.accounts import BUSINESSES
from connectors.sandbox.meta.calls import Call, Handler, Meta
from connectors.sandbox.meta.containers import CONTAINERS
from connectors.sandbox.meta.errors import GraphError, missing
from connectors.sandbox.meta.fields import read_params, text
from connectors.sandbox.meta.hosts import FACEBOOK, GRAPH, INSTAGRAM, INSTAGRAM_GRAPH, META_APP, UPLOADS
from connectors.sandbox.meta.tokens import OWN, bearer
from connectors.sandbox.meta.videos import VIDEOS, Videos
from connectors.sandbox.world import Addresses

METHODS: Final = ["GET", "POST", "DELETE"]


class GraphApi:
    """Both hosts. `me` and ids stand first in a path, an edge may follow."""

    def __init__(self, meta: Meta, address: Addresses) -> None:
        self._meta = meta
        self._videos = videos = Videos(meta, address)
        self._table: Mapping[tuple[str, str, str | None], Handler] = {
            **pages.TABLE,
            **posts.TABLE,
            **videos.table,
            **instagram.TABLE,
            **subscriptions.TABLE,
        }

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route(f"/{UPLOADS}/video-upload/{{id}}", self._videos.upload, methods=["POST"]),
            Route(f"/{GRAPH}/{{version}}/{META_APP.client_id}/subscriptions", self._take_address, methods=["POST"]),
            *self._host(GRAPH, own=False),
            *self._host(INSTAGRAM_GRAPH, own=True),
        ]

    async def _take_address(self, request: Request) -> Response:
        params = await read_params(request)
        return JSONResponse(await subscriptions.take_address(request, self._meta.world, params))

    def _host(self, host: str, *, own: bool) -> list[BaseRoute]:
        async def node(request: Request) -> Response:
            return await self._answer(request, own=own)

        start = f"/{host}/{{version}}/{{node}}"
        return [Route(start, node, methods=METHODS), Route(f"{start}/{{edge}}", node, methods=METHODS)]

    async def _answer(self, request: Request, *, own: bool) -> Response:
        params = await read_params(request)
        token = bearer(request.headers) or text(params, "access_token")
        caller = self._meta.tokens.caller(token, text(params, "appsecret_proof") or None, own=own)
        account = self._meta.accounts.get(caller.subject) or self._meta.accounts.person(caller.person) or {}
        note_account(request.scope, str(account.get("handle", "")))
        node = request.path_params["node"]
        kind = "own" if node == "me" and caller.kind == OWN else self._kind(node)
        handler = self._table.get((request.method, kind, request.path_params.get("edge")))
        if kind == "":
            raise missing(node)
        if handler is None:
            raise GraphError(f"Unsupported {request.method.lower()} request.", 100, 33)
        return JSONResponse(await handler(Call(request, self._meta, caller, node, params)))

    def _kind(self, node: str) -> str:
        """What an id is; empty where it is nothing."""
        if node == "me":
            return node
        account: Mapping[str, Any] | None = self._meta.accounts.get(node)
        if account is not None:
            return {FACEBOOK: "page", INSTAGRAM: "instagram"}[account["kind"]]
        if self._meta.world.tables.get(BUSINESSES, node) is not None:
            return "business"
        if self._meta.world.tables.get(VIDEOS, node) is not None:
            return "video"
        if self._meta.world.tables.get(CONTAINERS, node) is not None:
            return "container"
        thing = self._meta.things.get(node)
        if thing is None:
            return ""
        return "media" if thing.platform == INSTAGRAM else "post"
