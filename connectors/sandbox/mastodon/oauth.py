"""The instance's authorization server. Source: docs.joinmastodon.org/methods/oauth."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.consent import Choice, Consent, code_page, consent_page, read_decision, refused_page
from connectors.sandbox.gate import note_account
from connectors.sandbox.mastodon.accounts import Accounts
from connectors.sandbox.mastodon.apps import OUT_OF_BAND, SCOPES, Apps
from connectors.sandbox.mastodon.contract import violation
from connectors.sandbox.mastodon.errors import MastodonError
from connectors.sandbox.mastodon.forms import read_fields
from connectors.sandbox.tables import Row
from connectors.sandbox.world import Addresses, World

CODE_SECONDS = 600
_CODES = "mastodon.codes"
_ASKED = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "response_type")
_INVALID_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)


@dataclass(frozen=True, slots=True)
class OAuth:
    """Handlers from the consent page to revocation."""

    world: World
    accounts: Accounts
    apps: Apps
    address: Addresses

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route("/.well-known/oauth-authorization-server", self.metadata),
            Route("/oauth/authorize", self.ask, methods=["GET"]),
            Route("/oauth/authorize", self.decide, methods=["POST"]),
            Route("/oauth/token", self.token, methods=["POST"]),
            Route("/oauth/revoke", self.revoke, methods=["POST"]),
        ]

    async def metadata(self, _request: Request) -> Response:
        """What the authorization server can do."""
        base = self.address()
        return JSONResponse(
            {
                "issuer": f"{base}/",
                "service_documentation": "https://docs.joinmastodon.org/",
                "authorization_endpoint": f"{base}/oauth/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "app_registration_endpoint": f"{base}/api/v1/apps",
                "revocation_endpoint": f"{base}/oauth/revoke",
                "userinfo_endpoint": f"{base}/oauth/userinfo",
                "scopes_supported": sorted(SCOPES),
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def ask(self, request: Request) -> Response:
        """The consent page."""
        asked = {name: request.query_params.get(name, "") for name in _ASKED}
        app = self.apps.find(asked["client_id"])
        if app is None or asked["redirect_uri"] not in app["redirect_uris"]:
            return refused_page("The application or its redirect address is not registered here.")
        problem = _problem(app, asked)
        if problem is not None:
            return RedirectResponse(_callback(asked, {"error": problem[0], "error_description": problem[1]}), 302)
        consent = Consent(
            platform="Mastodon",
            client=app["name"],
            scopes=(asked["scope"] or "read").split(),
            choices=[Choice(account.id, account.handle, account.name) for account in self.accounts.all()],
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
            return refused_page("The application or its redirect address is not registered here.")
        if location.startswith(OUT_OF_BAND):
            return code_page(location.partition("code=")[2] or "Access was denied.")
        return RedirectResponse(location, 302)

    def settle(self, fields: Mapping[str, str], account_id: str, *, allow: bool) -> str | None:
        """Answer an authorization request and give the address of the callback; None where it is not valid."""
        asked = {name: fields.get(name, "") for name in _ASKED}
        app = self.apps.find(asked["client_id"])
        account = self.accounts.get(account_id)
        if app is None or asked["redirect_uri"] not in app["redirect_uris"] or _problem(app, asked) is not None:
            return None
        if not allow:
            words = "The resource owner or authorization server denied the request."
            return _callback(asked, {"error": "access_denied", "error_description": words})
        if account is None:
            return None
        code = secrets.token_urlsafe(32)
        expires = self.world.now().timestamp() + CODE_SECONDS
        self.world.tables.put(_CODES, code, {**asked, "account": account.id, "expires": expires})
        return _callback(asked, {"code": code})

    async def token(self, request: Request) -> Response:
        """A token for a code, or one for the application alone."""
        fields = await read_fields(request)
        for name, value in fields.items():
            if not isinstance(value, str):
                raise violation(request, f"{name} is not text")
        app = self.apps.authenticate(request, fields)
        match fields.get("grant_type"):
            case "authorization_code":
                body = self._for_code(request, app, fields)
            case "client_credentials":
                scopes = fields.get("scope", "read").split()
                if not set(app["scopes"]).issuperset(scopes):
                    raise MastodonError(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
                body = self.accounts.issue(None, app["client_id"], app["name"], scopes)
            case _:
                words = "The authorization grant type is not supported by the authorization server."
                raise MastodonError(400, "unsupported_grant_type", words)
        return JSONResponse(body, headers={"cache-control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        """End a token; one that is unknown or has ended already is fine."""
        fields = await read_fields(request)
        token = self.accounts.token(str(fields.get("token", "")))
        try:
            app = self.apps.authenticate(request, fields)
        except MastodonError:
            raise _not_yours() from None
        if token is not None and token["app"] != app["client_id"]:
            raise _not_yours()
        self.accounts.end(str(fields.get("token", "")), "revoked")
        return JSONResponse({})

    def _for_code(self, request: Request, app: Row, fields: Mapping[str, Any]) -> Row:
        row = self.world.tables.drop(_CODES, fields.get("code", ""))
        account = self.accounts.get(row["account"]) if row else None
        fits = (
            row is not None
            and row["client_id"] == app["client_id"]
            and row["redirect_uri"] == fields.get("redirect_uri")
            and row["expires"] > self.world.now().timestamp()
            and (not row["code_challenge"] or row["code_challenge"] == _challenge(fields.get("code_verifier", "")))
        )
        if row is None or account is None or not fits:
            raise MastodonError(400, "invalid_grant", _INVALID_GRANT)
        note_account(request.scope, account.handle)
        return self.accounts.issue(account, app["client_id"], app["name"], (row["scope"] or "read").split())


def _problem(app: Row, asked: Mapping[str, str]) -> tuple[str, str] | None:
    """Why an authorization request is refused by a redirect."""
    if asked["response_type"] != "code":
        return "unsupported_response_type", "The authorization server does not support this response type."
    if not set(app["scopes"]).issuperset((asked["scope"] or "read").split()):
        return "invalid_scope", "The requested scope is invalid, unknown, or malformed."
    if asked["code_challenge"] and asked["code_challenge_method"] != "S256":
        return "invalid_code_challenge_method", "The code_challenge_method must be S256."
    return None


def _callback(asked: Mapping[str, str], fields: Mapping[str, str]) -> str:
    state = {"state": asked["state"]} if asked["state"] else {}
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return f"{asked['redirect_uri']}{joint}{urlencode({**fields, **state})}"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _not_yours() -> MastodonError:
    return MastodonError(403, "unauthorized_client", "You are not authorized to revoke this token")
