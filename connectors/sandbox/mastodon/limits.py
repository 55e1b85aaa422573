"""The instance's rate limits with their headers. Source: docs.joinmastodon.org/api/rate-limits.

300 requests in 5 minutes, 30 uploads in 30 minutes, 30 deletions in 30 minutes, each per account. The headers tell of
the limit that is nearest to its end; `X-RateLimit-Reset` is a time in ISO 8601.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.sandbox.limits import Allowance
from connectors.sandbox.mastodon.errors import MastodonError
from connectors.sandbox.world import World

_HEADERS = "mastodon.limits"


def spend_request(world: World, request: Request, account_id: str) -> None:
    """Count an authenticated request. Raises MastodonError 429."""
    _spend(world, request, f"mastodon request {account_id}", 300, 300)


def spend_upload(world: World, request: Request, account_id: str) -> None:
    """Count an upload. Raises MastodonError 429."""
    _spend(world, request, f"mastodon upload {account_id}", 30, 1800)


def spend_deletion(world: World, request: Request, account_id: str) -> None:
    """Count a deletion. Raises MastodonError 429."""
    _spend(world, request, f"mastodon delete {account_id}", 30, 1800)


def _spend(world: World, request: Request, key: str, limit: int, seconds: int) -> None:
    if not world.switches.rate_limits:
        return
    allowance = world.windows.take(key, limit=limit, seconds=seconds, now=world.now())
    nearest: Allowance | None = request.scope.get(_HEADERS)
    if nearest is None or allowance.remaining < nearest.remaining:
        request.scope[_HEADERS] = allowance
    if not allowance.allowed:
        raise MastodonError(429, "Too many requests")


class LimitHeaders:
    """Puts the headers of the limit that was counted last on the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def send_with_limits(message: Message) -> None:
            allowance: Allowance | None = scope.get(_HEADERS)
            if message["type"] == "http.response.start" and allowance is not None:
                headers = MutableHeaders(scope=message)
                headers["X-RateLimit-Limit"] = str(allowance.limit)
                headers["X-RateLimit-Remaining"] = str(allowance.remaining)
                headers["X-RateLimit-Reset"] = allowance.reset_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            await send(message)

        await self._app(scope, receive, send_with_limits)
