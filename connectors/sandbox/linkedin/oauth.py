"""The authorization server: the consent page, the code, tokens with and without renewal, their end.

Source: https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.consent import Choice, Consent, consent_page, read_decision, refused_page
from connectors.sandbox.gate import note_account
from connectors.sandbox.linkedin.accounts import Accounts
from connectors.sandbox.linkedin.apps import APPS, App, authenticate
from connectors.sandbox.linkedin.contract import check
from connectors.sandbox.linkedin.errors import OAuthError
from connectors.sandbox.linkedin.tokens import Tokens
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

CODE_SECONDS = 1_800
_CODES = "linkedin.codes"
_ASKED = ("response_type", "client_id", "redirect_uri", "state", "scope")
_NO_CODE = "Unable to retrieve access token: authorization code not found"


@dataclass(frozen=True, slots=True)
class OAuth:
    """Handlers from the consent page to revocation."""

    world: World
    accounts: Accounts
    tokens: Tokens

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route("/oauth/v2/authorization", self.ask, methods=["GET"]),
            Route("/oauth/v2/authorization", self.decide, methods=["POST"]),
            Route("/oauth/v2/accessToken", self.token, methods=["POST"]),
            Route("/oauth/v2/revoke", self.revoke, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The consent page."""
        asked = {name: request.query_params.get(name, "") for name in _ASKED}
        app = _app(asked)
        if app is None:
            return refused_page("The application or its redirect address is not known here.")
        problem = _problem(app, asked)
        if problem is not None:
            return RedirectResponse(_callback(asked, {"error": problem[0], "error_description": problem[1]}), 302)
        consent = Consent(
            platform="LinkedIn",
            client=app.name,
            scopes=asked["scope"].split(),
            choices=[Choice(one.id, one.handle, one.name) for one in self.accounts.all() if not one.is_organization],
            chosen=None,
            fields=asked,
        )
        return consent_page(request, consent)

    async def decide(self, request: Request) -> Response:
        """The user's answer, passed on to the application."""
        decision = await read_decision(request)
        if decision is None:
            return refused_page("The form has expired or did not come from this page.")
        location = self.settle(decision.fields, decision.account, allow=decision.allow)
        if location is None:
            return refused_page("The application or its redirect address is not known here.")
        return RedirectResponse(location, 302)

    def settle(self, fields: Mapping[str, str], member: str, *, allow: bool) -> str | None:
        """Answer an authorization request and give the address of the callback; None where it is not valid."""
        asked = {name: fields.get(name, "") for name in _ASKED}
        app, account = _app(asked), self.accounts.get(member)
        if app is None or account is None or account.is_organization or _problem(app, asked) is not None:
            return None
        if not allow:
            words = "The user cancelled the authorization"
            return _callback(asked, {"error": "user_cancelled_authorize", "error_description": words})
        code = f"AQT{secrets.token_urlsafe(60)}"
        expires = self.world.now().timestamp() + CODE_SECONDS
        self.world.tables.put(_CODES, code, {**asked, "member": account.id, "expires": expires})
        return _callback(asked, {"code": code})

    async def token(self, request: Request) -> Response:
        """Tokens for a code or for a refresh token."""
        fields = await check(request, "/oauth/v2/accessToken")
        app = authenticate(fields)
        body = self._renewed(app, fields) if fields["grant_type"] == "refresh_token" else self._first(app, fields)
        owner = self.tokens.owner({"authorization": f"Bearer {body['access_token']}"})
        note_account(request.scope, owner or "")
        return JSONResponse(body)

    async def revoke(self, request: Request) -> Response:
        """End a token; one that is unknown or has ended already is fine."""
        fields = await check(request, "/oauth/v2/revoke")
        authenticate(fields)
        self.tokens.end(fields["token"], "revoked")
        return Response(status_code=200)

    def _first(self, app: App, fields: Mapping[str, str]) -> Row:
        row = self.world.tables.drop(_CODES, fields["code"])
        member = self.accounts.get(row["member"]) if row else None
        if row is None or member is None or row["expires"] <= self.world.now().timestamp():
            raise OAuthError(400, "invalid_request", _NO_CODE)
        if (row["client_id"], row["redirect_uri"]) != (app.client_id, fields["redirect_uri"]):
            words = (
                "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code."
            )
            raise OAuthError(400, "invalid_request", words)
        return self.tokens.issue(member, app, row["scope"].split())

    def _renewed(self, app: App, fields: Mapping[str, str]) -> Row:
        return self.tokens.renew(app, fields["refresh_token"])


def _app(asked: Mapping[str, str]) -> App | None:
    pieces = urlsplit(asked["redirect_uri"])
    return APPS.get(asked["client_id"]) if pieces.scheme in {"http", "https"} and pieces.netloc else None


def _problem(app: App, asked: Mapping[str, str]) -> tuple[str, str] | None:
    """Why an authorization request is refused by a redirect."""
    if asked["response_type"] != "code":
        return "unsupported_response_type", "The response type is not supported"
    unknown = sorted(set(asked["scope"].split()) - app.scopes)
    if unknown:
        return "unauthorized_scope_error", f'Scope "{unknown[0]}" is not authorized for your application'
    return None


def _callback(asked: Mapping[str, str], fields: Mapping[str, str]) -> str:
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return f"{asked['redirect_uri']}{joint}{urlencode({**fields, 'state': asked['state']})}"
