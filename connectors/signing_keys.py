"""ES256 keys of ours as JWKs: made, shown in public, and used to sign.

A private key travels as the text of a JWK inside a `Secret`, so that the vault can seal it like any token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey

from connectors.secret import Secret

ALGORITHM = "ES256"


def new_key() -> Secret:
    """A fresh private key on P-256, as a JWK whose `kid` is its thumbprint (RFC 7638)."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    return Secret(orjson.dumps(key.as_dict(private=True)).decode())


def public_jwk(key: Secret) -> dict[str, str]:
    """The four public members of a key, as they stand in the header of a DPoP proof (RFC 9449 §4.2)."""
    members = _load(key).as_dict(private=False)
    return {name: str(members[name]) for name in ("kty", "crv", "x", "y")}


def key_id(key: Secret) -> str:
    """The key's `kid`: the stated one, else its thumbprint."""
    loaded = _load(key)
    return loaded.kid or loaded.thumbprint()


def public_jwks(keys: Sequence[Secret]) -> dict[str, list[dict[str, str]]]:
    """The JWK set that we publish (RFC 7517 §5). During a rotation it holds the new key and the old one."""
    return {"keys": [{**public_jwk(key), "kid": key_id(key), "use": "sig", "alg": ALGORITHM} for key in keys]}


def sign(key: Secret, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A compact JWS over the claims, signed with ES256."""
    return jwt.encode({**header, "alg": ALGORITHM}, dict(claims), _load(key), algorithms=[ALGORITHM])


def _load(key: Secret) -> ECKey:
    return ECKey.import_key(orjson.loads(key.reveal()))
