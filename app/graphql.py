"""The GraphQL edge: queries and mutations by POST, subscriptions by graphql-transport-ws or server-sent events.

Who calls is settled before anything is parsed: by the Authorization header, else by the cookie of a page of ours. A
stranger's operation is parsed, and goes on only where all of it is open to everybody. A socket presents its key in
`connection_init`, or the cookie that it was opened with. It ends with 4403 when the key does, and with 1013 (try
again) when it is our fault: clients reconnect after both and resume by cursor.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET

from app.domain.keys.credentials import ACCESS
from app.domain.keys.errors import KeyRefused
from app.flows.guessing import count_failure
from app.flows.identify import identify
from app.flows.live.sessions import Session, Sessions, TooManySessions
from app.flows.people.browsers import ForeignPage, credential_of, opened_here, require_own_page
from app.flows.runtime import Runtime
from app.graphql_problems import problem
from app.graphql_socket import Adapter, Handler, Unavailable, close
from connectors.secret import Secret
from resolvers.api import SCHEMA
from resolvers.context import Close, Context
from resolvers.looks import Looks
from resolvers.sharing import Sharing

MAX_BODY = 256 * 1024
INIT_TIMEOUT = timedelta(seconds=5)
MAX_OPERATIONS = 50
"""Operations that one socket may have under way."""
CATCHING_UP = 12
"""Subscriptions that read the database at the same time until they have caught up: fewer than it has connections."""
GUESSING = "Too many wrong credentials were presented."
PASSING = f"Bearer {ACCESS}_"
"""How a header begins whose token ends by itself within minutes."""
FORBIDDEN = 4403
"""The key opens nothing (any more)."""

_log = structlog.get_logger(__name__)


class GraphQLEdge(GraphQL[Context, None]):
    """Strawberry's ASGI application with every default set on purpose."""

    websocket_adapter_class = Adapter
    graphql_transport_ws_handler_class = Handler

    def __init__(self, rt: Runtime) -> None:
        super().__init__(
            SCHEMA,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_TIMEOUT,
            max_subscriptions_per_connection=MAX_OPERATIONS,
            allowed_origins=rt.settings.allowed_origins,
        )
        self._rt = rt
        self._sessions = Sessions(rt)
        self._entered: dict[int, Session] = {}
        self.sharing = Sharing(self._encoded)
        self.looks = Looks()
        self.catching_up = asyncio.Semaphore(CATCHING_UP)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request, context = Request(scope), self._context(scope)
        scope.setdefault("state", {})["graphql"] = context
        refused = await self._refused(request, context)
        if refused is not None:
            await refused(scope, receive, send)
            return
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.leave(context)

    def _context(self, scope: Scope, close: Close | None = None) -> Context:
        agent = Headers(scope=scope).get("user-agent", "")
        request_id, address = id_of(scope), caller_of(scope)
        return Context(self._rt, request_id=request_id, address=address, agent=agent, close=close, looks=self.looks)

    async def _refused(self, request: Request, context: Context) -> Response | None:
        """Who calls by HTTP: noted in the context, or answered at once."""
        if request.method != "POST":
            hint = "Send queries by POST as JSON; open a socket for subscriptions."
            return problem(context, 405, "METHOD_NOT_ALLOWED", "GraphQL is asked by POST.", hint, {"Allow": "POST"})
        header = request.headers.get("authorization")
        try:
            credential = await self._presented(request, context)
            if credential is None:
                return None  # a stranger: what they may ask is settled when it is known what they ask
            if "text/event-stream" in request.headers.get("accept", ""):
                self._enter(context, credential)
        except ForeignPage as error:
            return problem(context, 403, error.code, error.message, error.hint)
        except KeyRefused as error:
            wait = math.ceil((await count_failure(self._rt, context.address, Secret(header or ""))).total_seconds())
            if wait:
                hint = f"Wait {wait} seconds, then send a valid one."
                return problem(context, 429, "RATE_LIMITED", GUESSING, hint, {"Retry-After": str(wait)})
            headers = {"WWW-Authenticate": "Bearer"}
            return problem(context, 401, error.code, error.message, error.hint, headers)
        except Unavailable as error:
            return problem(context, 503, "TOO_MANY_STREAMS", str(error), "Close one, then try again.")
        except Exception:  # noqa: BLE001 -- whatever it is, it is ours: told as such, and logged
            _log.exception("graphql.not_identified", request_id=context.request_id)
            return problem(context, 503, "UNAVAILABLE", "Nobody can be let in now.", "Try again in a moment.")
        return None

    async def _presented(self, request: Request, context: Context) -> Secret | None:
        """What the caller presents, after it was found good; None of a stranger who may ask for what is open."""
        settings, header = self._rt.settings, request.headers.get("authorization")
        if header is not None and not header.startswith(PASSING):
            context.principal = await identify(self._rt, Secret(header))
            return Secret(header)
        credential = Secret(header) if header is not None else credential_of(request.cookies, settings)
        if credential is not None:
            if header is None:
                require_own_page(request.headers)
            with suppress(KeyRefused):  # what has ended keeps nobody from refreshing it or from signing in again
                context.principal = await identify(self._rt, credential)
                return credential
        # A page of another site can send other types without asking us first.
        if not settings.public_schema and not request.headers.get("content-type", "").startswith("application/json"):
            raise KeyRefused
        return None

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The world of this request, or of this socket before it has presented its key."""
        if isinstance(request, WebSocket):
            socket = request
            own = opened_here(socket.headers, self._rt.settings)
            world = self._context(socket.scope, close=partial(close, socket))
            world.cookie = credential_of(socket.cookies, self._rt.settings) if own else None
            return world
        context: Context = request.scope["state"]["graphql"]
        if isinstance(response, Response):
            context.response = response
            response.headers["X-Request-Id"] = context.request_id
        return context

    async def on_ws_connect(self, context: Context) -> Any:
        """Let a socket in by what it presented."""
        params = {str(name).lower(): value for name, value in (context.connection_params or {}).items()}
        credential = Secret(str(params.get("authorization", "")))
        if not credential and context.cookie is not None:
            credential = context.cookie
        context.connection_params = context.cookie = None  # they hold the key: nobody needs it any more
        try:
            async with asyncio.timeout(INIT_TIMEOUT.total_seconds()):
                context.principal = await identify(self._rt, credential)
        except KeyRefused:
            if await count_failure(self._rt, context.address, credential):
                raise Unavailable(GUESSING) from None
            raise ConnectionRejectionError from None
        except Exception as error:
            _log.exception("graphql.not_identified", request_id=context.request_id)
            raise Unavailable("Nobody can be let in now.") from error
        self._enter(context, credential)
        return UNSET

    def _enter(self, context: Context, credential: Secret) -> None:
        async def end(reason: str) -> None:
            context.ended = True
            if context.close is not None:
                await context.close(FORBIDDEN, reason)

        try:
            session = self._sessions.enter(context.caller, credential, end)
        except TooManySessions:
            raise Unavailable("This key holds too many connections.") from None
        self._entered[id(context)] = session

    def leave(self, context: Context) -> None:
        """The request or the socket has ended."""
        session = self._entered.pop(id(context), None)
        if session is not None:
            self._sessions.leave(session)

    def _encoded(self, result: ExecutionResult) -> bytes:
        payload: dict[str, object] = {"data": result.data}
        if result.errors:
            payload["errors"] = [error.formatted for error in result.errors]
        return orjson.dumps(payload)

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON. A request, a batch or a message is no bare word: what is one counts as unreadable."""
        found: object = orjson.loads(data)
        if not isinstance(found, dict | list):
            raise orjson.JSONDecodeError("neither an object nor a list", "", 0)
        return found

    def encode_json(self, data: object) -> str:
        """Write JSON, as text: bytes would be sent to sockets as binary frames."""
        return orjson.dumps(data).decode()


def id_of(scope: Scope) -> str:
    """The id that the request has already, from the middleware around us; else a new one."""
    known: str = scope.get("state", {}).get("request_id") or uuid4().hex
    return known


def caller_of(scope: Scope) -> str | None:
    """Where a request comes from: the peer, or what a trusted proxy says of it (the server has put it there)."""
    client = scope.get("client")
    return client[0] if client else None


def graphql_app(rt: Runtime) -> ASGIApp:
    """The application to be mounted at `/graphql`."""
    app: ASGIApp = RequestBodyLimitMiddleware(GraphQLEdge(rt), MAX_BODY)
    if not rt.settings.allowed_origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=rt.settings.allowed_origins,
        allow_methods=["POST"],
        allow_headers=["authorization", "content-type"],
        expose_headers=["x-request-id", "retry-after"],
        max_age=600,
    )
