"""Tokens of other issuers: what proves nothing is refused, whatever it looks like."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from app.services.tokens import Expected, TokenRefused, key_set, looks_like_token, prove, read_unproved

NOW = 2_000_000_000
EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
OTHER = ECKey.generate_key("P-256", {"kid": "ec"})
PUBLIC = [EC.as_dict(private=False), RSA.as_dict(private=False)]
KEYS = key_set(PUBLIC)
CLAIMS = {"iss": "https://issuer.example", "aud": "authenticated", "sub": "u1", "exp": NOW + 60}
EXPECTED = Expected("https://issuer.example", "authenticated", ("ES256", "RS256"), 30, NOW)


def token(key: Any = EC, alg: str = "ES256", header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    named = {"alg": alg, "kid": key.kid, **(header or {})}
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jwt.encode(named, claims, key, registry=registry)


def unsigned(header: dict[str, Any], signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, CLAIMS))
    return ".".join((*parts, signature))


@pytest.mark.parametrize(
    "good",
    [
        token(),
        token(RSA, "RS256"),
        token(header={"typ": "at+JWT"}),
        token(aud=["other", "authenticated"]),
        token(nbf=NOW + 29),
        token(exp=NOW - 29),
    ],
)
def test_a_genuine_token_is_believed(good: str) -> None:
    assert read_unproved(good).issuer == "https://issuer.example"
    assert prove(good, KEYS, EXPECTED)["sub"] == "u1"


SECRET = OctKey.import_key(json.dumps(EC.as_dict(private=False)), {"kid": "ec"})
REFUSED = {
    "expired": token(exp=NOW - 31),
    "without an end": token(exp=None),
    "not yet valid": token(nbf=NOW + 31),
    "from the future": token(iat=NOW + 31),
    "for somebody else": token(aud="other"),
    "for nobody": token(aud=None),
    "of another issuer": token(iss="https://issuer.example/"),
    "signed by another key": token(OTHER),
    "of an unknown key": token(header={"kid": "other"}),
    "of a key of the wrong type": token(header={"kid": "rsa"}),
    "of an algorithm that is not listed": token(RSA, "PS256"),
    "signed with our public key as a secret": token(SECRET, "HS256"),
    "unsigned": unsigned({"alg": "none", "kid": "ec"}),
    "unsigned, in other letters": unsigned({"alg": "nOnE", "kid": "ec"}),
    "without an algorithm": unsigned({"kid": "ec"}, "AAAA"),
    "for another purpose": token(header={"typ": "dpop+jwt"}),
    "bringing its own key": token(OTHER, header={"jwk": OTHER.as_dict(private=False)}),
    "pointing to its own keys": token(OTHER, header={"jku": "https://evil.example/keys"}),
    "of a critical extension": unsigned({"alg": "ES256", "kid": "ec", "crit": ["exp"], "exp": NOW}, "AAAA"),
    "ending in words": token(exp="tomorrow"),
    "cut": token()[:-2],
    "with a changed body": ".".join((token().split(".")[0], token(sub="admin").split(".")[1], token().split(".")[2])),
}


@pytest.mark.parametrize("why", REFUSED)
def test_anything_else_is_refused(why: str) -> None:
    with pytest.raises(TokenRefused):
        prove(REFUSED[why], KEYS, EXPECTED)


def test_only_public_keys_for_signatures_count() -> None:
    kept = key_set(
        [
            *PUBLIC,
            {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
            {**EC.as_dict(private=False), "use": "enc", "kid": "enc"},
            {"kty": "EC", "kid": "broken"},
            {"kty": "post-quantum", "kid": "later"},
            "no key",
        ]
    )
    assert [key.kid for key in kept.keys] == ["ec", "rsa"]


def test_keys_and_tokens_are_told_apart_by_their_form() -> None:
    assert looks_like_token(token())
    assert not looks_like_token("postd_live_abc_def")


PARTS = st.text(st.sampled_from('abcXYZ019-_=.{}"é\x00'), max_size=40) | st.builds(
    lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode(),
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "iss", "aud", "exp", "nbf", "crit", "b64", "sub"]),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
        | st.sampled_from(["ES256", "none", "ec", "https://issuer.example", "authenticated", NOW + 9])
        | st.lists(st.text(max_size=3), max_size=2),
    ),
)  # fmt: skip


@given(st.lists(PARTS, min_size=1, max_size=4))
def test_whatever_comes_is_refused_and_nothing_breaks(parts: list[str]) -> None:
    presented = ".".join(parts)
    for read in (read_unproved, lambda it: prove(it, KEYS, EXPECTED)):
        try:
            read(presented)
        except TokenRefused:
            continue
        assert read is read_unproved


@given(st.integers(0, len(token()) - 1), st.sampled_from("ABab01-_."))
def test_a_token_in_which_one_character_is_another_proves_nothing(place: int, other: str) -> None:
    genuine = REFUSED_BASE
    if genuine[place] == other:
        return
    changed = genuine[:place] + other + genuine[place + 1 :]
    if changed.rpartition(".")[0] == genuine.rpartition(".")[0] and place == len(genuine) - 1:
        return  # the last character of a signature holds two bits that mean nothing
    with pytest.raises(TokenRefused):
        prove(changed, KEYS, EXPECTED)


REFUSED_BASE = token()
