"""Who is who: handles, DIDs, DID documents and what the server says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.bluesky.accounts import Account, Accounts
from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.xrpc import answer, query
from connectors.sandbox.world import Addresses


@dataclass(frozen=True, slots=True)
class Identity:
    """Handlers of the PLC directory, of handle hosts and of `com.atproto.identity`."""

    accounts: Accounts
    address: Addresses

    def routes(self) -> list[BaseRoute]:
        """All routes; the directory's `/{did}` last."""
        return [
            query("com.atproto.identity.resolveHandle", self.resolve_handle),
            query("com.atproto.server.describeServer", self.describe_server),
            Route("/.well-known/atproto-did", self.handle_host),
            Route("/xrpc/_health", self.health),
            Route("/{did}", self.document),
        ]

    async def resolve_handle(self, _request: Request, params: dict[str, Any]) -> Response:
        """Handle to DID."""
        account = self.accounts.by_handle(params["handle"])
        if account is None:
            raise XrpcError("InvalidRequest", "Unable to resolve handle")
        return answer({"did": account.did})

    async def handle_host(self, request: Request) -> Response:
        """The DID of the handle whose host is asked, as plain text."""
        account = self.accounts.by_handle(request.url.hostname or "")
        if account is None:
            return PlainTextResponse("User not found", 404)
        return PlainTextResponse(account.did)

    async def describe_server(self, _request: Request, _params: dict[str, Any]) -> Response:
        """What the server offers."""
        domains = sorted({"." + account.handle.partition(".")[2] for account in self.accounts.all()})
        return answer({"did": "did:web:localhost", "availableUserDomains": domains, "inviteCodeRequired": True})

    async def health(self, _request: Request) -> Response:
        """The server's version."""
        return answer({"version": "sandbox"})

    async def document(self, request: Request) -> Response:
        """The DID document of an account."""
        did = request.path_params["did"]
        account = self.accounts.by_did(did)
        if account is None:
            return JSONResponse({"message": f"DID not registered: {did}"}, 404)
        return JSONResponse(did_document(account, self.address()), media_type="application/did+ld+json")


def did_document(account: Account, data_server: str) -> dict[str, Any]:
    """The document that names an account's handle and data server."""
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.did,
        "alsoKnownAs": [f"at://{account.handle}"],
        "verificationMethod": [],
        "service": [
            {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": data_server},
        ],
    }
