"""Orders for what the platforms tell applications: their addresses, and what readers write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.control_requests import body_of, handle_in
from connectors.sandbox.world import Platform


class Readers:
    """The handlers."""

    def __init__(self, platforms: Mapping[str, Platform]) -> None:
        self._platforms = platforms

    async def add_webhook(self, request: Request) -> Response:
        """Add an application's address in the platform's console, which asks it at once."""
        body = await body_of(request)
        await self._able(body, "add_webhook")(body)
        return JSONResponse({}, status_code=201)

    async def comment(self, request: Request) -> Response:
        """Let a reader comment; whoever is subscribed is told."""
        body = await body_of(request)
        return JSONResponse({"told": await self._able(body, "comment")(handle_in(body), body)}, status_code=201)

    def _able(self, body: Mapping[str, Any], what: str) -> Any:
        found = getattr(self._platforms.get(str(body.get("platform", ""))), what, None)
        if found is None:
            raise ValueError("this platform sends no webhooks")
        return found
