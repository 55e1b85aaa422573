"""The simulated Bluesky as one application: puts its parts together and answers the control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from connectors.sandbox.bluesky.accounts import Account, Accounts
from connectors.sandbox.bluesky.authentication import Authentication
from connectors.sandbox.bluesky.authorization import Authorization
from connectors.sandbox.bluesky.clients import Clients
from connectors.sandbox.bluesky.dpop import DpopVerifier, NonceHeader
from connectors.sandbox.bluesky.errors import OAuthError, XrpcError, answer_oauth, answer_xrpc, refusal
from connectors.sandbox.bluesky.feed import Feed
from connectors.sandbox.bluesky.grants import Grants
from connectors.sandbox.bluesky.identity import Identity
from connectors.sandbox.bluesky.login import Login
from connectors.sandbox.bluesky.records import Records
from connectors.sandbox.bluesky.repository import Repository
from connectors.sandbox.bluesky.sessions import Sessions
from connectors.sandbox.bluesky.token_endpoint import TokenEndpoint
from connectors.sandbox.bluesky.uploads import Uploads
from connectors.sandbox.pages import ledger_routes
from connectors.sandbox.world import Addresses, World


class Bluesky:
    """A data server with its authorization server and directory."""

    name = "bluesky"

    def __init__(self, world: World, address: Addresses) -> None:
        self._world = world
        self._accounts = accounts = Accounts(world)
        self._sessions = sessions = Sessions(world)
        self._grants = grants = Grants(world)
        repository = Repository(world)
        issuer = DpopVerifier(world, "Authorization server")
        resource = DpopVerifier(world, "Resource server")
        clients = Clients(world)
        self._authentication = authentication = Authentication(world, accounts, sessions, grants, resource, address)
        self._authorization = authorization = Authorization(world, accounts, clients, issuer, address)
        self._login = login = Login(world, accounts, sessions, authentication, address)
        uploads = Uploads(world, authentication)
        self._routes: Sequence[BaseRoute] = [
            *ledger_routes(world, self.name, "Bluesky", "/profile/{actor}/post/{rkey}"),
            *login.routes(),
            *Records(world, accounts, authentication, repository, uploads).routes(),
            *uploads.routes(),
            *Feed(world, accounts, repository).routes(),
            *authorization.routes(),
            *TokenEndpoint(world, accounts, clients, grants, issuer, address).routes(),
            *Identity(accounts, address).routes(),
        ]
        self._middleware = [Middleware(NonceHeader, authorization=issuer, resource=resource)]

    def application(self, first: Sequence[BaseRoute]) -> Starlette:
        """The application, with more routes before its own."""
        return Starlette(
            routes=[*first, *self._routes],
            middleware=self._middleware,
            exception_handlers={XrpcError: answer_xrpc, OAuthError: answer_oauth},
        )

    def identify(self, headers: Mapping[str, str]) -> str | None:
        """The handle that a request's token belongs to, whether or not it is still valid."""
        return self._authentication.owner(headers)

    def expire(self, headers: Mapping[str, str]) -> None:
        """Make the access token of this request expire now."""
        self._authentication.expire(headers)

    def refusal(self, status: int) -> dict[str, Any]:
        """The usual body of an error answer with that status."""
        return dict(refusal(status))

    def add_account(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an account; gives its DID and app password."""
        account = self._accounts.add(handle, str(body.get("name", "")), body.get("password"))
        return {"id": account.did, "handle": account.handle, "password": account.password}

    def change_account(self, handle: str, status: str) -> dict[str, Any]:
        """Set the status: active, deactivated or takendown."""
        account = self._accounts.set_status(self._account(handle), status)
        return {"id": account.did, "handle": account.handle, "status": account.status}

    def grant(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A session by app password, in the form of `createSession`, without counting as a login."""
        account = self._account(handle)
        return {**self._sessions.issue(account), **self._login.describe(account)}

    def forget_tokens(self, handle: str) -> None:
        """End every session of an account, of both kinds."""
        account = self._account(handle)
        self._sessions.revoke_all(account.did)
        self._grants.close_all(account.did)

    def consent(self, url: str, handle: str, *, allow: bool) -> str:
        """Answer a consent page without a browser; gives the address of the client's callback."""
        request_uri = parse_qs(urlsplit(url).query).get("request_uri", [""])[0]
        location = self._authorization.settle(request_uri, self._account(handle).did, allow=allow)
        if location is None:
            raise ValueError("the authorization request is unknown or has expired")
        return location

    def _account(self, handle: str) -> Account:
        account = self._accounts.by_handle(handle)
        if account is None:
            raise KeyError(f"account {handle} on Bluesky")
        return account
