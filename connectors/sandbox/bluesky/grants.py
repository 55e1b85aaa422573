"""What users have granted over OAuth: sessions with a rotating refresh token and one access token at a time.

Sources: atproto.com/specs/oauth; the server's observed behaviour: a refresh token is good for one use, the access token
before it dies with that use, and a refresh token that comes a second time destroys the whole session.
Only hashes of tokens are stored.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.sandbox.bluesky.errors import OAuthError
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

ACCESS_SECONDS = 3599
PUBLIC_LIFETIME = timedelta(days=14)
CONFIDENTIAL_LIFETIME = timedelta(days=90)

_SESSIONS = "bluesky.oauth_sessions"
_ACCESS = "bluesky.oauth_access"
_REFRESH = "bluesky.oauth_refresh"


@dataclass(frozen=True, slots=True)
class AccessRow:
    """What an access token stands for."""

    did: str
    scope: str
    thumbprint: str
    expires: float


class Grants:
    """Issues, checks, rotates and revokes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, *, did: str, client_id: str, confidential: bool, scope: str, thumbprint: str) -> tuple[str, Row]:
        """A new session: its id and the answer of the token endpoint."""
        session_id = secrets.token_urlsafe(16)
        lifetime = CONFIDENTIAL_LIFETIME if confidential else PUBLIC_LIFETIME
        session = {
            "did": did,
            "client_id": client_id,
            "scope": scope,
            "thumbprint": thumbprint,
            "expires": (self._world.now() + lifetime).timestamp(),
        }
        return session_id, self._issue(session_id, session)

    def rotate(self, refresh_token: str, client_id: str, thumbprint: str) -> Row:
        """Use a refresh token. Raises OAuthError; a second use of the same token ends the session."""
        row = self._world.tables.get(_REFRESH, _hash(refresh_token))
        if row is None:
            raise OAuthError("invalid_grant", "Invalid refresh token")
        session = self._world.tables.get(_SESSIONS, row["session"])
        if session is None:
            raise OAuthError("invalid_grant", "Session has been revoked")
        if row["used"]:
            self.close(row["session"])
            raise OAuthError("invalid_grant", "Refresh token replayed")
        if session["client_id"] != client_id:
            raise OAuthError("invalid_grant", "Token was not issued to this client")
        if session["thumbprint"] != thumbprint:
            raise OAuthError("invalid_dpop_proof", "DPoP proof does not match the session's key")
        if session["expires"] <= self._world.now().timestamp():
            self.close(row["session"])
            raise OAuthError("invalid_grant", "Refresh token expired")
        self._world.tables.put(_REFRESH, _hash(refresh_token), {**row, "used": True})
        self._world.tables.drop(_ACCESS, session["access"])
        return self._issue(row["session"], session)

    def revoke(self, token: str) -> None:
        """End the session that a token of either kind belongs to; an unknown token is fine."""
        for table in (_REFRESH, _ACCESS):
            row = self._world.tables.get(table, _hash(token))
            if row is not None:
                self.close(row["session"])

    def close(self, session_id: str) -> None:
        """End a session and its access token."""
        session = self._world.tables.drop(_SESSIONS, session_id)
        if session is not None:
            self._world.tables.drop(_ACCESS, session["access"])

    def close_all(self, did: str) -> None:
        """End every session of an account."""
        for session_id, session in self._world.tables.rows(_SESSIONS):
            if session["did"] == did:
                self.close(session_id)

    def find(self, access_token: str) -> AccessRow | None:
        """What an access token stands for, expired or not; None for an unknown one."""
        row = self._world.tables.get(_ACCESS, _hash(access_token))
        session = None if row is None else self._world.tables.get(_SESSIONS, row["session"])
        if row is None or session is None:
            return None
        return AccessRow(session["did"], session["scope"], session["thumbprint"], row["expires"])

    def expire(self, access_token: str) -> None:
        """Make an access token expire now."""
        row = self._world.tables.get(_ACCESS, _hash(access_token))
        if row is not None:
            self._world.tables.put(_ACCESS, _hash(access_token), {**row, "expires": 0})

    def _issue(self, session_id: str, session: dict[str, Any]) -> Row:
        seconds = self._world.switches.access_seconds or ACCESS_SECONDS
        access, refresh = f"acc-{secrets.token_urlsafe(32)}", f"ref-{secrets.token_urlsafe(32)}"
        tables = self._world.tables
        tables.put(_ACCESS, _hash(access), {"session": session_id, "expires": self._world.now().timestamp() + seconds})
        tables.put(_REFRESH, _hash(refresh), {"session": session_id, "used": False})
        tables.put(_SESSIONS, session_id, {**session, "access": _hash(access)})
        return {
            "access_token": access,
            "token_type": "DPoP",
            "expires_in": seconds,
            "refresh_token": refresh,
            "scope": session["scope"],
            "sub": session["did"],
        }


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
