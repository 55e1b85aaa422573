"""Sessions by app password: access tokens of two hours, refresh tokens of ninety days that rotate with a grace time.

Sources: com.atproto.server.{createSession,refreshSession,getSession,deleteSession} and the server's observed behaviour:
a used refresh token works for two more hours and then gives the same successor, so a lost answer is survivable.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from connectors.sandbox.bluesky.accounts import Account
from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.world import World

ACCESS_LIFETIME = timedelta(hours=2)
REFRESH_LIFETIME = timedelta(days=90)
GRACE = timedelta(hours=2)
ACCESS_SCOPE = "com.atproto.appPass"
REFRESH_SCOPE = "com.atproto.refresh"

_REFRESH = "bluesky.refresh"
_DEAD = "bluesky.dead_access"
_GENERATIONS = "bluesky.session_generations"


class Sessions:
    """Issues and checks the tokens."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = OctKey.import_key(world.signing_key("bluesky.sessions"))

    def issue(self, account: Account, jti: str | None = None) -> dict[str, str]:
        """A new pair of tokens: `{"accessJwt", "refreshJwt"}`."""
        now = self._world.now()
        lifetime = timedelta(seconds=self._world.switches.access_seconds) or ACCESS_LIFETIME
        jti = jti or secrets.token_urlsafe(24)
        expires = int((now + REFRESH_LIFETIME).timestamp())
        self._world.tables.put(_REFRESH, jti, {"did": account.did, "expires": expires, "next": None})
        return {
            "accessJwt": self._sign("at+jwt", ACCESS_SCOPE, account.did, now.timestamp() + lifetime.total_seconds()),
            "refreshJwt": self._sign("refresh+jwt", REFRESH_SCOPE, account.did, expires, jti),
        }

    def refresh(self, account: Account, claims: dict[str, Any]) -> dict[str, str]:
        """The successors of a refresh token, which itself stays valid for the grace time."""
        row = self._world.tables.get(_REFRESH, claims["jti"]) or {}
        successor = row.get("next") or secrets.token_urlsafe(24)
        grace_ends = int((self._world.now() + GRACE).timestamp())
        expires = min(row["expires"], grace_ends)
        self._world.tables.put(_REFRESH, claims["jti"], {**row, "expires": expires, "next": successor})
        return self.issue(account, successor)

    def revoke(self, claims: dict[str, Any]) -> None:
        """Forget a refresh token; access tokens live until they expire."""
        self._world.tables.drop(_REFRESH, claims["jti"])

    def revoke_all(self, did: str) -> None:
        """End every session of an account at once, as no client can: also access tokens die."""
        for jti, row in self._world.tables.rows(_REFRESH):
            if row["did"] == did:
                self._world.tables.drop(_REFRESH, jti)
        self._world.tables.put(_GENERATIONS, did, {"number": self._generation(did) + 1})

    def expire(self, token: str) -> None:
        """Make an access token expire now."""
        self._world.tables.put(_DEAD, _fingerprint(token), {})

    def check_access(self, token: str) -> str:
        """The DID of a valid access token. Raises XrpcError as the server does."""
        claims = self._claims(token, ACCESS_SCOPE)
        dead = self._world.tables.get(_DEAD, _fingerprint(token)) is not None
        if dead or claims.get("generation") != self._generation(claims["sub"]):
            raise XrpcError("ExpiredToken", "Token has expired")
        return str(claims["sub"])

    def check_refresh(self, token: str) -> dict[str, Any]:
        """The claims of a valid refresh token. Raises XrpcError as the server does."""
        claims = self._claims(token, REFRESH_SCOPE)
        row = self._world.tables.get(_REFRESH, str(claims.get("jti")))
        if row is None or row["expires"] <= self._world.now().timestamp():
            raise XrpcError("ExpiredToken", "Token has been revoked")
        return claims

    def owner(self, token: str) -> str | None:
        """The DID that a token was issued for, valid or not; None where it is not one of ours."""
        try:
            return str(jwt.decode(token, self._key, algorithms=["HS256"]).claims["sub"])
        except (JoseError, ValueError, KeyError):
            return None

    def _sign(self, kind: str, scope: str, did: str, expires: float, jti: str | None = None) -> str:
        now = int(self._world.now().timestamp())
        claims = {"scope": scope, "sub": did, "aud": "did:web:localhost", "iat": now, "exp": int(expires)}
        claims |= {"jti": jti or secrets.token_urlsafe(12), "generation": self._generation(did)}
        return jwt.encode({"typ": kind, "alg": "HS256"}, claims, self._key)

    def _generation(self, did: str) -> int:
        return int((self._world.tables.get(_GENERATIONS, did) or {"number": 0})["number"])

    def _claims(self, token: str, scope: str) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            raise XrpcError("InvalidToken", "Token could not be verified") from None
        if claims.get("scope") != scope:
            raise XrpcError("InvalidToken", "Bad token scope")
        if claims["exp"] <= self._world.now().timestamp():
            raise XrpcError("ExpiredToken", "Token has expired")
        return claims


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
