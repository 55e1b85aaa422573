"""The front half of the authorization server: metadata, pushed requests, and the user's consent.

Sources: atproto.com/specs/oauth; RFC 9126 (PAR), RFC 9207 (iss), RFC 8414 and RFC 9728 (metadata).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.bluesky.accounts import Accounts
from connectors.sandbox.bluesky.clients import Clients
from connectors.sandbox.bluesky.dpop import DpopProblem, DpopVerifier
from connectors.sandbox.bluesky.errors import OAuthError
from connectors.sandbox.consent import Choice, Consent, consent_page, read_decision, refused_page
from connectors.sandbox.tables import Row
from connectors.sandbox.world import Addresses, World

REQUEST_SECONDS = 299
CODE_SECONDS = 60
CODES = "bluesky.codes"
_PUSHED = "bluesky.pushed"
_PREFIX = "urn:ietf:params:oauth:request_uri:"


@dataclass(frozen=True, slots=True)
class Authorization:
    """Handlers up to the moment when the client has a code."""

    world: World
    accounts: Accounts
    clients: Clients
    verifier: DpopVerifier
    address: Addresses

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route("/.well-known/oauth-protected-resource", self.protected_resource),
            Route("/.well-known/oauth-authorization-server", self.metadata),
            Route("/oauth/par", self.push, methods=["POST"]),
            Route("/oauth/authorize", self.ask, methods=["GET"]),
            Route("/oauth/authorize", self.decide, methods=["POST"]),
            Route("/oauth/jwks", self.jwks),
        ]

    async def protected_resource(self, _request: Request) -> Response:
        """Which authorization server guards the data server: itself."""
        base = self.address()
        body = {"resource": base, "authorization_servers": [base], "bearer_methods_supported": ["header"]}
        return JSONResponse(body | {"scopes_supported": [], "resource_documentation": "https://atproto.com"})

    async def metadata(self, _request: Request) -> Response:
        """What the authorization server can do."""
        base = self.address()
        return JSONResponse(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "pushed_authorization_request_endpoint": f"{base}/oauth/par",
                "revocation_endpoint": f"{base}/oauth/revoke",
                "jwks_uri": f"{base}/oauth/jwks",
                "require_pushed_authorization_requests": True,
                "scopes_supported": ["atproto", "transition:email", "transition:generic", "transition:chat.bsky"],
                "subject_types_supported": ["public"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
                "dpop_signing_alg_values_supported": ["ES256"],
                "authorization_response_iss_parameter_supported": True,
                "client_id_metadata_document_supported": True,
                "protected_resources": [base],
            }
        )

    async def jwks(self, _request: Request) -> Response:
        """No keys: access tokens are opaque."""
        return JSONResponse({"keys": []})

    async def push(self, request: Request) -> Response:
        """Take an authorization request and give a name for it."""
        form = await read_form(request)
        client = await self.clients.authenticate(form, self.address())
        proof = check_proof(self.verifier, request, self.address())
        for name in ("redirect_uri", "state", "code_challenge", "scope"):
            if not form.get(name):
                raise OAuthError("invalid_request", f"{name} is required")
        if form.get("response_type") != "code" or form.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "response_type must be code and code_challenge_method S256")
        if not client.may_redirect_to(form["redirect_uri"]):
            raise OAuthError("invalid_request", "Invalid redirect_uri (not registered for this client)")
        scopes = form["scope"].split()
        if "atproto" not in scopes or not client.scopes.issuperset(scopes):
            raise OAuthError("invalid_scope", "The scope must contain atproto and only what the client registered")
        request_uri = f"{_PREFIX}req-{secrets.token_hex(16)}"
        kept = {name: form.get(name, "") for name in ("redirect_uri", "state", "code_challenge", "scope", "login_hint")}
        row = kept | {"client_id": client.id, "client_name": client.name, "thumbprint": proof}
        expires = self.world.now().timestamp() + REQUEST_SECONDS
        self.world.tables.put(_PUSHED, request_uri, row | {"expires": expires})
        return JSONResponse(
            {"request_uri": request_uri, "expires_in": REQUEST_SECONDS}, 201, {"cache-control": "no-store"}
        )

    async def ask(self, request: Request) -> Response:
        """The consent page."""
        request_uri = request.query_params.get("request_uri", "")
        row = self._pushed(request_uri)
        if row is None or row["client_id"] != request.query_params.get("client_id"):
            return refused_page("The request is unknown or has expired.")
        hinted = self.accounts.find(row["login_hint"]) if row["login_hint"] else None
        consent = Consent(
            platform="Bluesky",
            client=row["client_name"],
            scopes=row["scope"].split(),
            choices=[
                Choice(account.did, account.handle, account.name) for account in self.accounts.all() if account.active
            ],
            chosen=hinted.did if hinted else None,
            fields={"request_uri": request_uri},
        )
        return consent_page(request, consent)

    async def decide(self, request: Request) -> Response:
        """The user's answer, passed on to the client."""
        decision = await read_decision(request)
        if decision is None:
            return refused_page("The form has expired or did not come from this page.")
        location = self.settle(decision.fields.get("request_uri", ""), decision.account, allow=decision.allow)
        return (
            refused_page("The request is unknown or has expired.")
            if location is None
            else RedirectResponse(location, 303)
        )

    def settle(self, request_uri: str, did: str, *, allow: bool) -> str | None:
        """Use up a pushed request and give the address of the client's callback; None where it is unknown."""
        row = self._pushed(request_uri)
        if row is None or (allow and self.accounts.by_did(did) is None):
            return None
        self.world.tables.drop(_PUSHED, request_uri)
        fields = {"iss": self.address(), "state": row["state"]}
        if allow:
            code = f"cod-{secrets.token_hex(32)}"
            expires = self.world.now().timestamp() + CODE_SECONDS
            self.world.tables.put(CODES, code, {**row, "did": did, "expires": expires, "session": None})
            fields["code"] = code
        else:
            fields |= {"error": "access_denied", "error_description": "The user denied the request"}
        joint = "&" if urlsplit(row["redirect_uri"]).query else "?"
        return f"{row['redirect_uri']}{joint}{urlencode(fields)}"

    def _pushed(self, request_uri: str) -> Row | None:
        row = self.world.tables.get(_PUSHED, request_uri)
        return row if row is not None and row["expires"] > self.world.now().timestamp() else None


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a back-channel request. Raises OAuthError where it is not a form."""
    mime = request.headers.get("content-type", "").partition(";")[0].strip()
    if mime == "application/json":
        return {name: str(value) for name, value in (await request.json()).items()}
    if mime != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The body must be a form")
    async with request.form() as form:
        return {name: str(value) for name, value in form.items()}


def check_proof(verifier: DpopVerifier, request: Request, base: str) -> str:
    """The thumbprint of the key that signed the request's proof. Raises OAuthError, also to hand out a nonce."""
    try:
        return verifier.verify(request.headers.getlist("dpop"), request.method, base + request.url.path).thumbprint
    except DpopProblem as problem:
        raise OAuthError(problem.code, problem.description) from None
