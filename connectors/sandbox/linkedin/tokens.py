"""Access and refresh tokens: 60 days, a year from the sign-in, and what ends them earlier."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from connectors.sandbox.gate import note_account
from connectors.sandbox.linkedin.accounts import Account, Accounts, Caller
from connectors.sandbox.linkedin.apps import App
from connectors.sandbox.linkedin.errors import LinkedInError, OAuthError, denied
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

TOKENS = "linkedin.tokens"
ACCESS_SECONDS = 5_184_000
REFRESH_SECONDS = 31_536_000
_DEAD = {
    "invalid": (65600, "INVALID_ACCESS_TOKEN", "Invalid access token"),
    "revoked": (65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"),
    "expired": (65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """All tokens."""

    world: World
    accounts: Accounts

    def issue(self, member: Account, app: App, scopes: Iterable[str]) -> Row:
        """Tokens for a sign-in, as the token endpoint answers. Other rights than before end the earlier tokens."""
        wanted = sorted(scopes)
        for key, row in self.world.tables.rows(TOKENS):
            if (row["member"], row["app"]) == (member.id, app.client_id) and row["scopes"] != wanted:
                self.world.tables.put(TOKENS, key, {**row, "state": "revoked"})
        ends = self.world.now().timestamp() + REFRESH_SECONDS
        return self._answer(member.id, app, wanted, ends)

    def renew(self, app: App, token: str) -> Row:
        """A fresh access token; the refresh token stays, and its year goes on. Raises OAuthError."""
        row = self._row(token)
        alive = row is not None and row["kind"] == "refresh" and self._state(row) == "live"
        if row is None or not alive or row["app"] != app.client_id:
            words = "The provided authorization grant or refresh token is invalid, expired or revoked"
            raise OAuthError(400, "invalid_grant", words)
        return self._answer(row["member"], app, row["scopes"], row["expires"], refresh=token)

    def end(self, token: str, state: str) -> None:
        """Make a token `revoked` or `expired`; an unknown one is fine."""
        row = self._row(token)
        if row is not None:
            self.world.tables.put(TOKENS, _hash(token), {**row, "state": state})

    def end_all(self, member: Account) -> None:
        """Revoke every token of a member."""
        for key, row in self.world.tables.rows(TOKENS):
            if row["member"] == member.id:
                self.world.tables.put(TOKENS, key, {**row, "state": "revoked"})

    def owner(self, headers: Mapping[str, str]) -> str | None:
        """The vanity name of the member whose token it is, valid or not."""
        row = self._row(bearer(headers))
        member = self.accounts.get(row["member"]) if row is not None else None
        return member.handle if member else None

    def caller(self, request: Request) -> Caller:
        """Who the request acts for. Raises LinkedInError 401, or 403 for a restricted member."""
        token = bearer(request.headers)
        if not token:
            raise LinkedInError(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2_access_token", serviceErrorCode=401)
        row = self._row(token)
        state = "invalid" if row is None or row["kind"] != "access" else self._state(row)
        member = self.accounts.get(row["member"]) if row is not None else None
        if row is None or member is None or state != "live":
            number, code, message = _DEAD[state]
            raise LinkedInError(401, code, message, serviceErrorCode=number)
        note_account(request.scope, member.handle)
        if member.status != "active":
            raise denied("member is restricted")
        return Caller(member, frozenset(row["scopes"]))

    def _state(self, row: Row) -> str:
        ended = row["state"] == "live" and row["expires"] <= self.world.now().timestamp()
        return "expired" if ended else str(row["state"])

    def _answer(self, member: str, app: App, scopes: list[str], ends: float, refresh: str | None = None) -> Row:
        now, seconds = self.world.now().timestamp(), self.world.switches.access_seconds or ACCESS_SECONDS
        body: dict[str, Any] = {
            "access_token": self._put("access", member, app, scopes, now + seconds),
            "expires_in": seconds,
            "scope": ",".join(scopes),
            "token_type": "Bearer",
        }
        if app.refreshes:
            body["refresh_token"] = refresh or self._put("refresh", member, app, scopes, ends)
            body["refresh_token_expires_in"] = int(ends - now)
        return body

    def _put(self, kind: str, member: str, app: App, scopes: list[str], ends: float) -> str:
        token = f"AQ{'X' if kind == 'access' else 'R'}{secrets.token_urlsafe(120)}"
        row = {"kind": kind, "member": member, "app": app.client_id, "scopes": scopes, "state": "live", "expires": ends}
        self.world.tables.put(TOKENS, _hash(token), row)
        return token

    def _row(self, token: str) -> Row | None:
        return self.world.tables.get(TOKENS, _hash(token))


def bearer(headers: Mapping[str, str]) -> str:
    """The token of the Authorization header, or nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
