"""The back half of the authorization server: codes and refresh tokens become tokens, and tokens are revoked."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.bluesky.accounts import Accounts
from connectors.sandbox.bluesky.authorization import CODES, check_proof, read_form
from connectors.sandbox.bluesky.clients import Client, Clients
from connectors.sandbox.bluesky.dpop import DpopVerifier
from connectors.sandbox.bluesky.errors import OAuthError
from connectors.sandbox.bluesky.grants import Grants
from connectors.sandbox.gate import note_account
from connectors.sandbox.tables import Row
from connectors.sandbox.world import Addresses, World


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Handlers of `/oauth/token` and `/oauth/revoke`."""

    world: World
    accounts: Accounts
    clients: Clients
    grants: Grants
    verifier: DpopVerifier
    address: Addresses

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route("/oauth/token", self.token, methods=["POST"]),
            Route("/oauth/revoke", self.revoke, methods=["POST"]),
        ]

    async def token(self, request: Request) -> Response:
        """Tokens for a code or for a refresh token."""
        form = await read_form(request)
        client = await self.clients.authenticate(form, self.address())
        thumbprint = check_proof(self.verifier, request, self.address())
        match form.get("grant_type"):
            case "authorization_code":
                body = self._for_code(form, client, thumbprint)
            case "refresh_token":
                body = self.grants.rotate(form.get("refresh_token", ""), client.id, thumbprint)
            case _:
                raise OAuthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
        account = self.accounts.by_did(body["sub"])
        if account is None or account.status == "takendown":
            raise OAuthError("invalid_grant", "The account is not available")
        note_account(request.scope, account.handle)
        return JSONResponse(body, headers={"cache-control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        """End a session; an unknown token is fine."""
        form = await read_form(request)
        await self.clients.authenticate(form, self.address())
        if "dpop" in request.headers:
            check_proof(self.verifier, request, self.address())
        self.grants.revoke(form.get("token", ""))
        return JSONResponse({})

    def _for_code(self, form: dict[str, str], client: Client, thumbprint: str) -> Row:
        code = form.get("code", "")
        row = self.world.tables.get(CODES, code)
        if row is None:
            raise OAuthError("invalid_grant", "Invalid code")
        if row["session"] is not None:
            self.grants.close(row["session"])
            raise OAuthError("invalid_grant", "Code replayed")
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if row["expires"] <= self.world.now().timestamp():
            raise OAuthError("invalid_grant", "Code expired")
        if row["client_id"] != client.id or row["redirect_uri"] != form.get("redirect_uri"):
            raise OAuthError("invalid_grant", "The code was issued to another client or redirect_uri")
        if row["code_challenge"] != challenge:
            raise OAuthError("invalid_grant", "Invalid code_verifier")
        if row["thumbprint"] != thumbprint:
            raise OAuthError("invalid_dpop_proof", "DPoP proof does not match the key of the request")
        session_id, body = self.grants.open(
            did=row["did"],
            client_id=client.id,
            confidential=client.confidential,
            scope=row["scope"],
            thumbprint=thumbprint,
        )
        self.world.tables.put(CODES, code, {**row, "session": session_id})
        return body
