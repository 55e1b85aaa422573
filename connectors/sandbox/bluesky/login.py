"""The methods of `com.atproto.server` for sessions by app password."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from connectors.sandbox.bluesky.accounts import Account, Accounts
from connectors.sandbox.bluesky.authentication import Authentication
from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.identity import did_document
from connectors.sandbox.bluesky.limits import spend_login
from connectors.sandbox.bluesky.sessions import Sessions
from connectors.sandbox.bluesky.xrpc import answer, bare, procedure, query
from connectors.sandbox.gate import note_account
from connectors.sandbox.world import Addresses, World


@dataclass(frozen=True, slots=True)
class Login:
    """Handlers of the four session methods."""

    world: World
    accounts: Accounts
    sessions: Sessions
    authentication: Authentication
    address: Addresses

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            procedure("com.atproto.server.createSession", self.create),
            bare("com.atproto.server.refreshSession", self.refresh),
            bare("com.atproto.server.deleteSession", self.delete),
            query("com.atproto.server.getSession", self.get),
        ]

    async def create(self, request: Request, body: dict[str, Any]) -> Response:
        """Log in."""
        headers = spend_login(self.world, body["identifier"].lower())
        account = self.accounts.find(body["identifier"])
        if account is None or not hmac.compare_digest(account.password.encode(), body["password"].encode()):
            raise XrpcError("AuthenticationRequired", "Invalid identifier or password", 401, headers)
        note_account(request.scope, account.handle)
        if account.status == "takendown":
            raise XrpcError("AccountTakedown", "Account has been taken down", 401, headers)
        return answer(self.sessions.issue(account) | self.describe(account), headers)

    async def refresh(self, request: Request) -> Response:
        """A new pair of tokens for a refresh token."""
        account, claims = self.authentication.refreshing(request)
        if account.status == "takendown":
            raise XrpcError("AccountTakedown", "Account has been taken down", 401)
        return answer(self.sessions.refresh(account, claims) | self.describe(account))

    async def delete(self, request: Request) -> Response:
        """Log out."""
        _, claims = self.authentication.refreshing(request)
        self.sessions.revoke(claims)
        return Response(status_code=200)

    async def get(self, request: Request, _params: dict[str, Any]) -> Response:
        """Who is logged in."""
        return answer(self.describe(self.authentication.caller(request)))

    def describe(self, account: Account) -> dict[str, Any]:
        """What the session methods say of an account."""
        status = {} if account.active else {"status": account.status}
        return {
            "did": account.did,
            "didDoc": did_document(account, self.address()),
            "handle": account.handle,
            "email": f"{account.handle.partition('.')[0]}@example.com",
            "emailConfirmed": True,
            "emailAuthFactor": False,
            "active": account.active,
            **status,
        }
