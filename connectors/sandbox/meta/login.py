"""Signing in: Facebook's dialog with its pages to tick, Instagram's own dialog, and both token endpoints.

None of this has a description; requests are checked against the forms on these pages:
developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow,
.../facebook-login/guides/access-tokens/get-long-lived,
.../instagram-platform/instagram-api-with-instagram-login/business-login, .../instagram-platform/reference/access_token.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.gate import note_account
from connectors.sandbox.meta.calls import Meta
from connectors.sandbox.meta.contract import check, check_form
from connectors.sandbox.meta.errors import GraphError
from connectors.sandbox.meta.fields import read_params, text
from connectors.sandbox.meta.hosts import (
    FACEBOOK,
    GRAPH,
    INSTAGRAM,
    INSTAGRAM_APP,
    INSTAGRAM_GRAPH,
    INSTAGRAM_LOGIN,
    META_APP,
    App,
)
from connectors.sandbox.meta.tokens import LONG_SECONDS, OWN, PERSON, SHORT_SECONDS
from connectors.sandbox.tables import Row

CODES: Final = "meta.codes"
CODE_SECONDS: Final = 600
RENEWABLE_AFTER: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Login:
    """The token endpoints."""

    meta: Meta

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route(f"/{GRAPH}/{{version}}/oauth/access_token", self.facebook_token),
            Route(f"/{INSTAGRAM_LOGIN}/oauth/access_token", self.instagram_token, methods=["POST"]),
            Route(f"/{INSTAGRAM_GRAPH}/access_token", self.exchange),
            Route(f"/{INSTAGRAM_GRAPH}/refresh_access_token", self.refresh),
        ]

    def code(self, asked: Mapping[str, str], app: App, who: Mapping[str, Any]) -> str:
        """A code for the callback."""
        code = "AQ" + secrets.token_urlsafe(48)
        row = {"client_id": app.client_id, "redirect_uri": asked["redirect_uri"], **who}
        expires = self.meta.world.now().timestamp() + CODE_SECONDS
        self.meta.world.tables.put(CODES, code, {**row, "expires": expires})
        return code

    async def facebook_token(self, request: Request) -> Response:
        """Code to short token, short token to long-lived one."""
        sent = await read_params(request)
        params = {name: text(sent, name) for name in sent}
        if params.get("grant_type") == "fb_exchange_token":
            check_form(
                request, FACEBOOK, "exchange of tokens", params, "client_id", "client_secret", "fb_exchange_token"
            )
            _authenticate(params, META_APP)
            row = self.meta.tokens.find(params["fb_exchange_token"])
            if row is None or row["kind"] != PERSON or row["state"] != "live":
                raise GraphError("Error validating access token", 190, 463)
            return self._person_token(request, row["person"], LONG_SECONDS)
        check_form(
            request, FACEBOOK, "exchange of a code", params, "client_id", "client_secret", "redirect_uri", "code"
        )
        _authenticate(params, META_APP)
        row = self._spend(params, META_APP)
        if row is None:
            raise GraphError("This authorization code has been used or expired.", 100, 36009)
        return self._person_token(request, row["person"], SHORT_SECONDS)

    async def instagram_token(self, request: Request) -> Response:
        """Code to short token. Other bodies than multipart forms are refused."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return _own_refusal("Missing required field client_id")
        sent = await read_params(request)
        params = {name: text(sent, name) for name in sent}
        fields = ("client_id", "client_secret", "redirect_uri", "code")
        check_form(request, INSTAGRAM, "exchange of a code", params, *fields, grant_type="authorization_code")
        if (params["client_id"], params["client_secret"]) != INSTAGRAM_APP:
            return _own_refusal("Error validating client secret")
        row = self._spend(params, INSTAGRAM_APP)
        if row is None:
            return _own_refusal("This authorization code has been used")
        token = self._own_token(row["account"], row["person"], SHORT_SECONDS, row["scopes"])
        return JSONResponse({"access_token": token, "user_id": int(row["account"]), "permissions": row["scopes"]})

    async def exchange(self, request: Request) -> Response:
        """Short token to long-lived one."""
        params = {name: str(value) for name, value in request.query_params.items()}
        check(request, INSTAGRAM, "IGAccessTokenForIGOnlyAPI", None, params)
        if params["grant_type"] != "ig_exchange_token" or params["client_secret"] != INSTAGRAM_APP.secret:
            raise GraphError("Error validating client secret.", 1)
        return self._renewed(request, params["access_token"], young_is_fine=True)

    async def refresh(self, request: Request) -> Response:
        """A long-lived token for another 60 days, from the second day on."""
        params = {name: str(value) for name, value in request.query_params.items()}
        check(request, INSTAGRAM, "IGRefreshAccessTokenForIGOnlyAPI", None, params)
        if params["grant_type"] != "ig_refresh_token":
            raise GraphError("Unsupported grant type", 100)
        return self._renewed(request, params["access_token"], young_is_fine=False)

    def _renewed(self, request: Request, token: str, *, young_is_fine: bool) -> Response:
        now, row = self.meta.world.now().timestamp(), self.meta.tokens.find(token)
        if row is None or row["kind"] != OWN or row["state"] != "live" or row["expires"] <= now:
            raise GraphError("Error validating access token: Session has expired.", 190, 463)
        if not young_is_fine and now - row["issued"] < RENEWABLE_AFTER:
            raise GraphError("The token is too young to be refreshed.", 100)
        note_account(request.scope, self._handle(row["subject"]))
        fresh = self._own_token(row["subject"], row["person"], LONG_SECONDS, row["scopes"])
        body = {"access_token": fresh, "token_type": "bearer", "expires_in": LONG_SECONDS}
        return JSONResponse(body if young_is_fine else {**body, "permissions": ",".join(row["scopes"])})

    def _person_token(self, request: Request, person: str, seconds: int) -> Response:
        token = self.meta.tokens.issue(PERSON, person, person, seconds=seconds)
        known = self.meta.accounts.person(person)
        note_account(request.scope, known["handle"] if known else "")
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": seconds})

    def _own_token(self, account: str, person: str, seconds: int, scopes: list[str]) -> str:
        return self.meta.tokens.issue(OWN, account, person, seconds=seconds, scopes=scopes)

    def _handle(self, account: str) -> str:
        row = self.meta.accounts.get(account)
        return row["handle"] if row else ""

    def _spend(self, params: Mapping[str, str], app: App) -> Row | None:
        """The code's row, once, for the same client and the very same address."""
        row = self.meta.world.tables.drop(CODES, params["code"])
        if row is None or row["client_id"] != app.client_id or row["redirect_uri"] != params["redirect_uri"]:
            return None
        return row if row["expires"] > self.meta.world.now().timestamp() else None


def _authenticate(params: Mapping[str, str], app: App) -> None:
    if (params.get("client_id"), params.get("client_secret")) != app:
        raise GraphError("Error validating client secret.", 1)


def _own_refusal(words: str) -> Response:
    """The login host has a form of its own for refusals."""
    return JSONResponse({"error_type": "OAuthException", "code": 400, "error_message": words}, 400)
