"""The accounts of the simulated instance, their tokens, and who a request acts for."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from connectors.sandbox.gate import note_account
from connectors.sandbox.mastodon.errors import MastodonError
from connectors.sandbox.mastodon.limits import spend_request
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

ACCOUNTS = "mastodon.accounts"
TOKENS = "mastodon.tokens"
REFUSED_STATUSES = {
    "disabled": "Your login is currently disabled",
    "unconfirmed": "Your login is missing a confirmed e-mail address",
    "pending": "Your login is currently pending approval",
}


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the instance."""

    id: str
    handle: str
    name: str
    created_at: str
    status: str = "active"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request acts for, and by which application."""

    account: Account
    app_name: str
    scopes: frozenset[str]


class Accounts:
    """All accounts and tokens of the instance. Tokens have no expiry; they end by revocation."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add(self, handle: str, name: str) -> Account:
        """Create an account. Raises ValueError where the handle is taken or malformed."""
        if not handle.replace("_", "").isalnum() or not handle.isascii() or len(handle) > 30:
            raise ValueError(f"{handle!r} is not a user name; it looks like bob")
        if self.by_handle(handle) is not None:
            raise ValueError(f"the user name {handle} is taken")
        now = self._world.now().replace(hour=0, minute=0, second=0, microsecond=0)
        account = Account(str(self._world.next_micros()), handle, name or handle, now.isoformat())
        self._put(account)
        return account

    def set_status(self, account: Account, status: str) -> Account:
        """Change the status. Raises ValueError for an unknown one."""
        if status != "active" and status not in REFUSED_STATUSES:
            raise ValueError(f"status is one of active, {', '.join(REFUSED_STATUSES)}")
        changed = Account(account.id, account.handle, account.name, account.created_at, status)
        self._put(changed)
        return changed

    def get(self, account_id: str) -> Account | None:
        """The account with that id."""
        row = self._world.tables.get(ACCOUNTS, account_id)
        return None if row is None else _account(row)

    def by_handle(self, handle: str) -> Account | None:
        """The account with that user name, in any case."""
        return next((account for account in self.all() if account.handle.lower() == handle.lower()), None)

    def all(self) -> list[Account]:
        """Every account in the order of creation."""
        return [_account(row) for _, row in self._world.tables.rows(ACCOUNTS)]

    def issue(self, account: Account | None, app_id: str, app_name: str, scopes: Iterable[str]) -> Row:
        """A new token and the answer of the token endpoint; without an account it acts for the application only."""
        token = secrets.token_urlsafe(32)
        created = int(self._world.now().timestamp())
        row = {"account": account.id if account else None, "app": app_id, "app_name": app_name, "state": "live"}
        self._world.tables.put(TOKENS, _hash(token), row | {"scopes": sorted(scopes)})
        return {"access_token": token, "token_type": "Bearer", "scope": " ".join(sorted(scopes)), "created_at": created}

    def token(self, token: str) -> Row | None:
        """What is known of a token."""
        return self._world.tables.get(TOKENS, _hash(token))

    def end(self, token: str, state: str) -> None:
        """Make a token `revoked` or `expired`; an unknown one is fine."""
        row = self.token(token)
        if row is not None:
            self._world.tables.put(TOKENS, _hash(token), {**row, "state": state})

    def end_all(self, account: Account) -> None:
        """Revoke every token of an account."""
        for key, row in self._world.tables.rows(TOKENS):
            if row["account"] == account.id:
                self._world.tables.put(TOKENS, key, {**row, "state": "revoked"})

    def owner(self, headers: Mapping[str, str]) -> str | None:
        """The handle that a request's token was issued for, valid or not."""
        row = self.token(bearer(headers))
        account = self.get(row["account"]) if row is not None and row["account"] else None
        return account.handle if account else None

    def caller(self, request: Request, *scopes: str) -> Caller:
        """The account that the request acts for, by a token with one of the scopes. Raises MastodonError."""
        row = self.token(bearer(request.headers))
        if not bearer(request.headers):
            raise MastodonError(401, "This method requires an authenticated user")
        if row is None or row["state"] != "live":
            state = row["state"] if row else "invalid"
            words = {"invalid": "is invalid", "revoked": "was revoked", "expired": "expired"}[state]
            raise MastodonError(
                401, f"The access token {words}", headers={"www-authenticate": 'Bearer realm="Doorkeeper"'}
            )
        granted = frozenset(row["scopes"])
        if not any(scope in granted or scope.partition(":")[0] in granted for scope in scopes):
            raise MastodonError(403, "This action is outside the authorized scopes")
        account = self.get(row["account"]) if row["account"] else None
        if account is None:
            raise MastodonError(422, "This method requires an authenticated user")
        note_account(request.scope, account.handle)
        if account.status != "active":
            raise MastodonError(403, REFUSED_STATUSES[account.status])
        spend_request(self._world, request, account.id)
        return Caller(account, row["app_name"], granted)

    def _put(self, account: Account) -> None:
        row: dict[str, Any] = {
            "id": account.id,
            "handle": account.handle,
            "name": account.name,
            "status": account.status,
        }
        self._world.tables.put(ACCOUNTS, account.id, row | {"created_at": account.created_at})


def bearer(headers: Mapping[str, str]) -> str:
    """The token of the Authorization header, or nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _account(row: Row) -> Account:
    return Account(row["id"], row["handle"], row["name"], row["created_at"], row["status"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
