"""Tokens that are worth nothing without our key: DPoP (RFC 9449).

Each request carries a proof, signed with the key that the tokens are bound to. Servers may ask for a nonce of theirs in
it; the first request to a server is then refused with the nonce, and repeated once. A refused proof has had no effect,
so that the repetition is safe for the irreversible request too.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit

import orjson

from connectors.secret import Secret
from connectors.signing_keys import public_jwk, sign
from connectors.transport import Answer, Transport


class CallOptions(TypedDict, total=False):
    """The options of `Transport.send` that a call with a proof may use (a redirect would need another proof)."""

    params: Mapping[str, str | Sequence[str]] | None
    json: Any
    form: Mapping[str, str] | None
    content_length: int | None
    effect: bool
    timeout: float | None
    max_bytes: int


class NonceCache:
    """The newest nonce of each server, for the most recently used ones. Nonces are no secrets."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._nonces: OrderedDict[str, str] = OrderedDict()

    def get(self, url: str) -> str | None:
        """The nonce for the server of this address."""
        return self._nonces.get(_origin(url))

    def remember(self, url: str, nonce: str) -> None:
        """Keep a nonce for the server of this address, in place of the one before."""
        origin = _origin(url)
        self._nonces[origin] = nonce
        self._nonces.move_to_end(origin)
        while len(self._nonces) > self._size:
            self._nonces.popitem(last=False)


def proof(
    key: Secret, method: str, url: str, *, now: datetime, nonce: str | None = None, access: Secret | None = None
) -> str:
    """The value of the `DPoP` header for one request (RFC 9449 §4.2); `access` is bound in where it is sent along."""
    parts = urlsplit(url)
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method.upper(),
        "htu": parts._replace(query="", fragment="").geturl(),
        "iat": int(now.timestamp()),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if access is not None:
        digest = hashlib.sha256(access.reveal().encode("ascii")).digest()
        claims["ath"] = urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return sign(key, {"typ": "dpop+jwt", "jwk": public_jwk(key)}, claims)


@dataclass(frozen=True, slots=True)
class DpopCaller:
    """Makes calls with proofs of one key; remembers nonces in the cache that it is given."""

    key: Secret
    nonces: NonceCache
    now: Callable[[], datetime]

    async def send(
        self,
        http: Transport,
        method: str,
        url: str,
        *,
        access: Secret | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | Callable[[], AsyncIterator[bytes]] | None = None,
        **options: Unpack[CallOptions],
    ) -> Answer:
        """One call, with at most one repetition when the server asks for its nonce.

        `access` goes out as `Authorization: DPoP`. A streamed `content` is given as a function that opens it anew,
        such as `Media.open`. Raises what `Transport.send` raises.
        """

        async def attempt() -> Answer:
            given = dict(headers or {})
            given["dpop"] = proof(self.key, method, url, now=self.now(), nonce=self.nonces.get(url), access=access)
            if access is not None:
                given["authorization"] = f"DPoP {access.reveal()}"
            body = content() if callable(content) else content
            answer = await http.send(method, url, headers=given, content=body, **options)
            nonce = answer.headers.get("dpop-nonce")
            if nonce:
                self.nonces.remember(url, nonce)
            return answer

        answer = await attempt()
        return await attempt() if wants_nonce(answer) else answer


def wants_nonce(answer: Answer) -> bool:
    """Whether a server refused the request only because its nonce was missing or old (RFC 9449 §8, §9)."""
    if answer.status not in {400, 401} or not answer.headers.get("dpop-nonce"):
        return False
    if "use_dpop_nonce" in answer.headers.get("www-authenticate", ""):
        return True
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and said.get("error") == "use_dpop_nonce"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
