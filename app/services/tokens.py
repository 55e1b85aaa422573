"""Tokens that others have signed (JWT, RFC 7519): read without trust, then proved with the issuer's keys.

Nothing of a token is believed before its signature is proved. What may sign is decided by the settings and never by
the token: algorithms are a list, keys are public ones, and a key fits one kind of algorithm only (RFC 8725).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

LONGEST: Final = 8192
"""Characters of a token that is looked at."""
KINDS: Final = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})
"""`typ` of a token that lets its holder in (RFC 9068); others are made for other purposes."""
PUBLIC: Final = frozenset({"RSA", "EC", "OKP"})
Keys = KeySet
"""An issuer's public keys."""


class TokenRefused(Exception):
    """The token proves nothing. Why, is for the log of the operator and not for the caller."""


@dataclass(frozen=True, slots=True)
class Unproved:
    """What a token says of itself."""

    issuer: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say."""

    issuer: str
    audience: str
    algorithms: Sequence[str]
    leeway: float
    now: float
    """Seconds since 1970."""


def looks_like_token(value: str) -> bool:
    """Whether a credential has the form of a token: three parts between two dots."""
    return value.count(".") == 2


def read_unproved(token: str) -> Unproved:
    """Who says to have signed a token, and with which key: to find the keys, and for nothing else.

    Raises:
        TokenRefused: it is no token.
    """
    if len(token) > LONGEST or not token.isascii():
        raise TokenRefused("it is too long, or holds other characters")
    try:
        header, payload = (_object(part) for part in token.split(".")[:2])
    except (binascii.Error, ValueError, RecursionError):
        raise TokenRefused("it cannot be read") from None
    issuer, key_id = payload.get("iss"), header.get("kid")
    if not isinstance(issuer, str) or not isinstance(key_id, str | None):
        raise TokenRefused("it names no issuer, or its key in no words")
    return Unproved(issuer, key_id)


def key_set(keys: Iterable[Any]) -> Keys:
    """The public keys for signatures among some; what is none of them is left out."""
    found = []
    for key in keys:
        if not isinstance(key, Mapping) or key.get("kty") not in PUBLIC or key.get("use", "sig") != "sig":
            continue
        try:
            found.append(JWKRegistry.import_key({str(name): value for name, value in key.items()}))
        except (JoseError, ValueError, TypeError, KeyError):  # a key that nobody can use does not spoil the others
            continue
    return KeySet(found)


def prove(token: str, keys: Keys, expected: Expected) -> Mapping[str, Any]:
    """The claims of a token whose signature, issuer, audience and times are right.

    Raises:
        TokenRefused: something is not.
    """
    try:
        # Only headers that say what we know: a token that points to keys of its own has nothing of ours to prove it.
        registry = jws.JWSRegistry(algorithms=expected.algorithms)
        found = jwt.decode(token, keys, algorithms=expected.algorithms, registry=registry)
        kind = found.header.get("typ")
        if (kind.lower() if isinstance(kind, str) else kind) not in KINDS:
            raise TokenRefused("it is made for another purpose")
        jwt.JWTClaimsRegistry(
            now=int(expected.now),
            leeway=int(expected.leeway),
            iss={"essential": True, "value": expected.issuer},
            aud={"essential": True, "value": expected.audience},
            exp={"essential": True},
        ).validate(found.claims)
    except (JoseError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise TokenRefused(f"{type(error).__name__}: {error}") from None
    return found.claims


def _object(part: str) -> dict[str, Any]:
    found = orjson.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 -- it is the client's text that is wrong
    return found
