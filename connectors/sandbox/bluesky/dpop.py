"""DPoP: proofs that the sender of a request holds the key that its token is bound to.

Sources: RFC 9449; atproto.com/specs/oauth ("DPoP" is mandatory, with nonces of the server).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.sandbox.world import World

NONCE_LIFETIME = timedelta(minutes=3)
CLOCK_TOLERANCE = timedelta(seconds=60)


class DpopProblem(Exception):
    """A proof is missing or wrong; `code` is the protocol's name for it."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds."""

    thumbprint: str
    """RFC 7638 thumbprint of the key: what a token is bound to."""


class DpopVerifier:
    """Checks proofs for one server and hands out its nonces."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._key = world.signing_key(f"dpop {name}")
        self._seen: dict[str, float] = {}

    @property
    def nonce(self) -> str:
        """The nonce that proofs have to carry now."""
        return self._nonce(self._slot())

    def verify(self, proofs: list[str], method: str, url: str, access_token: str | None = None) -> Proof:
        """Check the proof of a request to `url` (without query). Raises DpopProblem."""
        if len(proofs) != 1:
            raise DpopProblem("invalid_dpop_proof", "DPoP proof required" if not proofs else "More than one DPoP proof")
        claims, key = self._read(proofs[0])
        if claims.get("htm") != method:
            raise DpopProblem("invalid_dpop_proof", "DPoP htm mismatch")
        if str(claims.get("htu", "")).partition("?")[0].partition("#")[0] != url:
            raise DpopProblem("invalid_dpop_proof", "DPoP htu mismatch")
        if access_token is None and "ath" in claims:
            raise DpopProblem("invalid_dpop_proof", "DPoP ath not allowed")
        if access_token is not None and claims.get("ath") != _hash(access_token):
            raise DpopProblem("invalid_dpop_proof", "DPoP ath mismatch")
        if claims.get("nonce") not in (self._nonce(self._slot()), self._nonce(self._slot() - 1)):
            raise DpopProblem("use_dpop_nonce", f"{self._name} requires nonce in DPoP proof")
        self._check_time_and_reuse(claims)
        return Proof(key.thumbprint())

    def _read(self, proof: str) -> tuple[dict[str, Any], ECKey]:
        try:
            header = jws.extract_compact(proof.encode()).headers()
            if header.get("typ") != "dpop+jwt":
                raise DpopProblem("invalid_dpop_proof", "DPoP typ must be dpop+jwt")
            jwk = header.get("jwk")
            if not isinstance(jwk, dict) or "d" in jwk:
                raise DpopProblem("invalid_dpop_proof", "DPoP jwk must be a public key")
            key = ECKey.import_key(jwk)
            return jwt.decode(proof, key, algorithms=["ES256"]).claims, key
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise DpopProblem("invalid_dpop_proof", f"DPoP proof cannot be verified ({type(error).__name__})") from None

    def _check_time_and_reuse(self, claims: dict[str, Any]) -> None:
        now = self._world.now().timestamp()
        issued, jti = claims.get("iat"), claims.get("jti")
        if not isinstance(issued, int | float) or not isinstance(jti, str) or not jti:
            raise DpopProblem("invalid_dpop_proof", "DPoP iat and jti required")
        tolerance = CLOCK_TOLERANCE.total_seconds()
        if not now - NONCE_LIFETIME.total_seconds() * 2 <= issued <= now + tolerance:
            raise DpopProblem("invalid_dpop_proof", "DPoP iat is too far from now")
        self._seen = {seen: until for seen, until in self._seen.items() if until > now}
        if jti in self._seen:
            raise DpopProblem("invalid_dpop_proof", "DPoP proof replayed")
        self._seen[jti] = now + NONCE_LIFETIME.total_seconds() * 3

    def _slot(self) -> int:
        return int(self._world.now().timestamp() // NONCE_LIFETIME.total_seconds())

    def _nonce(self, slot: int) -> str:
        digest = hmac.digest(self._key, str(slot).encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:24]).decode()


class NonceHeader:
    """Puts the current nonce on every answer to a request with a proof, as the real server does."""

    def __init__(self, app: ASGIApp, authorization: DpopVerifier, resource: DpopVerifier) -> None:
        self._app = app
        self._authorization = authorization
        self._resource = resource

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or not any(name == b"dpop" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        verifier = self._authorization if scope["path"].startswith("/oauth/") else self._resource

        async def send_with_nonce(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["DPoP-Nonce"] = verifier.nonce
            await send(message)

        await self._app(scope, receive, send_with_nonce)


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
