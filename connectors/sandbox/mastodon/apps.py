"""Registered applications: every client has a secret. Source: docs.joinmastodon.org/methods/apps."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.mastodon.contract import check_body
from connectors.sandbox.mastodon.errors import MastodonError, invalid
from connectors.sandbox.mastodon.forms import read_fields
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = frozenset({
    "profile", "read", "write", "follow", "push",
    "read:accounts", "read:blocks", "read:bookmarks", "read:favourites", "read:filters", "read:follows", "read:lists",
    "read:mutes", "read:notifications", "read:search", "read:statuses",
    "write:accounts", "write:blocks", "write:bookmarks", "write:conversations", "write:favourites", "write:filters",
    "write:follows", "write:lists", "write:media", "write:mutes", "write:notifications", "write:reports",
    "write:statuses",
})  # fmt: skip
_TABLE = "mastodon.apps"
_UNKNOWN_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, "
    "or unsupported authentication method."
)


@dataclass(frozen=True, slots=True)
class Apps:
    """Registers applications and checks that a request comes from one."""

    world: World

    def routes(self) -> list[BaseRoute]:
        """The one route."""
        return [Route("/api/v1/apps", self.register, methods=["POST"])]

    async def register(self, request: Request) -> Response:
        """Create an application."""
        fields = await read_fields(request)
        if isinstance(fields.get("redirect_uris"), str):  # the older form, one address a line, is still taken
            fields["redirect_uris"] = fields["redirect_uris"].split()
        fields = check_body(request, "/api/v1/apps", fields)
        scopes = fields.get("scopes", "read").split()
        uris = fields["redirect_uris"]
        if not fields["client_name"].strip():
            raise invalid("Name can't be blank")
        if not uris or not all(uri == OUT_OF_BAND or urlsplit(uri).scheme for uri in uris):
            raise invalid("Redirect URI must be an absolute URI.")
        if not SCOPES.issuperset(scopes):
            raise invalid("Scopes doesn't match configured on the server.")
        app = {
            "id": str(self.world.next_micros()),
            "name": fields["client_name"],
            "website": fields.get("website"),
            "scopes": scopes,
            "redirect_uris": uris,
            "client_id": secrets.token_urlsafe(32),
            "client_secret": secrets.token_urlsafe(32),
        }
        self.world.tables.put(_TABLE, app["client_id"], app)
        return JSONResponse(
            {
                **app,
                "redirect_uri": "\n".join(uris),
                "client_secret_expires_at": 0,
                "vapid_key": "",
            }
        )

    def find(self, client_id: str) -> Row | None:
        """The application, or None."""
        return self.world.tables.get(_TABLE, client_id)

    def authenticate(self, request: Request, fields: Mapping[str, Any]) -> Row:
        """The application that sends the request, by its fields or by HTTP Basic. Raises MastodonError 401."""
        client_id, secret = str(fields.get("client_id", "")), str(fields.get("client_secret", ""))
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise MastodonError(401, "invalid_client", _UNKNOWN_CLIENT) from None
        app = self.find(client_id)
        if app is None or not hmac.compare_digest(app["client_secret"].encode(), secret.encode()):
            raise MastodonError(401, "invalid_client", _UNKNOWN_CLIENT)
        return app
