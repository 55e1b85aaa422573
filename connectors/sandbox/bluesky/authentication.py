"""Who a request acts for, and what it may do: `Bearer` with an app-password session or `DPoP` with an OAuth one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from connectors.sandbox.bluesky.accounts import Account, Accounts, refuse_inactive
from connectors.sandbox.bluesky.dpop import DpopProblem, DpopVerifier
from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.grants import Grants
from connectors.sandbox.bluesky.sessions import Sessions
from connectors.sandbox.gate import note_account
from connectors.sandbox.world import Addresses, World

WRITE_SCOPE = "transition:generic"


@dataclass(frozen=True, slots=True)
class Authentication:
    """Reads the Authorization header of requests to the data server."""

    world: World
    accounts: Accounts
    sessions: Sessions
    grants: Grants
    verifier: DpopVerifier
    address: Addresses

    def caller(self, request: Request, *, write: bool = False) -> Account:
        """The account that the request acts for. Raises XrpcError as the server does."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "":
                raise XrpcError("AuthMissing", "Authentication Required", 401)
            case "bearer":
                account = self.accounts.by_did(self.sessions.check_access(token))
            case "dpop":
                account = self._dpop(request, token, write=write)
            case _:
                raise XrpcError("InvalidToken", "Unexpected authorization type")
        if account is None:
            raise XrpcError("AccountNotFound", "Could not find account", 401)
        note_account(request.scope, account.handle)
        refuse_inactive(account)
        return account

    def refreshing(self, request: Request) -> tuple[Account, dict[str, object]]:
        """The account and the claims of the refresh token that the request carries."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise XrpcError("AuthMissing", "Authentication Required", 401)
        claims = self.sessions.check_refresh(token)
        account = self.accounts.by_did(str(claims["sub"]))
        if account is None:
            raise XrpcError("AccountNotFound", "Could not find account", 401)
        note_account(request.scope, account.handle)
        return account, claims

    def owner(self, headers: Mapping[str, str]) -> str | None:
        """The handle that a request's token was issued for, valid or not."""
        token = headers.get("authorization", "").partition(" ")[2]
        if not token:
            return None
        row = self.grants.find(token)
        did = row.did if row is not None else self.sessions.owner(token)
        account = self.accounts.by_did(did) if did else None
        return account.handle if account else None

    def expire(self, headers: Mapping[str, str]) -> None:
        """Make the request's access token expire now."""
        token = headers.get("authorization", "").partition(" ")[2]
        self.grants.expire(token)
        self.sessions.expire(token)

    def _dpop(self, request: Request, token: str, *, write: bool) -> Account | None:
        url = self.address() + request.url.path
        try:
            proof = self.verifier.verify(request.headers.getlist("dpop"), request.method, url, token)
        except DpopProblem as problem:
            raise _challenge(problem.code, problem.description) from None
        row = self.grants.find(token)
        if row is None or row.thumbprint != proof.thumbprint:
            raise _challenge("invalid_token", "Invalid token")
        if row.expires <= self.world.now().timestamp():
            raise _challenge("invalid_token", '"exp" claim timestamp check failed')
        if write and WRITE_SCOPE not in row.scope.split():
            raise XrpcError("ScopeMissingError", f'Missing required scope "{WRITE_SCOPE}"', 403)
        return self.accounts.by_did(row.did)


def _challenge(code: str, description: str) -> XrpcError:
    quoted = description.replace('"', "'")
    header = f'DPoP algs="ES256", error="{code}", error_description="{quoted}"'
    exposed = {"www-authenticate": header, "access-control-expose-headers": "DPoP-Nonce, WWW-Authenticate"}
    return XrpcError(code, description, 401, exposed)
