from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from connectors.dpop import DpopCaller, NonceCache, proof, wants_nonce
from connectors.faults import Effect
from connectors.http_pool import HttpPool
from connectors.secret import Secret
from connectors.signing_keys import key_id, new_key, public_jwk, public_jwks
from connectors.transport import Answer, Transport
from tests.connectors.loopback import LOOPBACK, Handler, Received, Server, answer, serve

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = new_key()


def read(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a proof, its signature checked with the key that it carries."""
    head = text.partition(".")[0]
    header = orjson.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    token = jwt.decode(text, ECKey.import_key(header["jwk"]), algorithms=["ES256"])
    return dict(token.header), dict(token.claims)


def needs_nonce(by: bytes) -> Handler:
    """A server that takes a proof only with its newest nonce, and gives another one with each answer."""
    given = ["first"]

    async def handle(received: Received, writer: Any) -> None:
        newest = given[-1]
        given.append(f"nonce-{len(given)}")
        if read(received.headers["dpop"])[1].get("nonce") == newest:
            writer.write(answer(200, b'{"ok":true}', DPoP_Nonce=given[-1]))
        else:
            writer.write(by.replace(b"NONCE", given[-1].encode()))

    return handle


FROM_AUTHORIZATION_SERVER = answer(400, b'{"error":"use_dpop_nonce"}', DPoP_Nonce="NONCE")
FROM_RESOURCE_SERVER = answer(401, b"", DPoP_Nonce="NONCE", WWW_Authenticate='DPoP error="use_dpop_nonce"')


def caller(nonces: NonceCache | None = None) -> DpopCaller:
    return DpopCaller(KEY, nonces or NonceCache(), lambda: NOW)


def claims_at(server: Server) -> list[dict[str, Any]]:
    return [read(received.headers["dpop"])[1] for received in server.received]


@pytest.fixture
async def http() -> AsyncIterator[Transport]:
    async with HttpPool(egress=LOOPBACK) as pool:
        yield Transport(pool)


def test_a_proof_states_the_request_and_carries_the_public_key_only() -> None:
    header, claims = read(proof(KEY, "post", "https://pds.example/xrpc/x?y=1#z", now=NOW))
    assert header == {"typ": "dpop+jwt", "alg": "ES256", "jwk": public_jwk(KEY)}
    assert sorted(header["jwk"]) == ["crv", "kty", "x", "y"]
    jti = claims.pop("jti")
    assert len(jti) == 22
    assert claims == {"htm": "POST", "htu": "https://pds.example/xrpc/x", "iat": 1795176000}


def test_a_proof_binds_the_token_as_the_rfc_does() -> None:
    access = Secret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")  # RFC 9449 §7.1
    claims = read(proof(KEY, "GET", "https://a.example/", now=NOW, access=access, nonce="n"))[1]
    assert claims["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
    assert claims["nonce"] == "n"


def test_no_two_proofs_are_alike() -> None:
    made = {read(proof(KEY, "GET", "https://a.example/", now=NOW))[1]["jti"] for _ in range(20)}
    assert len(made) == 20


def test_a_key_does_not_show_itself() -> None:
    assert repr(KEY) == "Secret(•••)"
    assert orjson.loads(KEY.reveal())["d"]


def test_the_published_keys_hold_nothing_private() -> None:
    other = new_key()
    published = public_jwks([KEY, other])
    assert [key["kid"] for key in published["keys"]] == [key_id(KEY), key_id(other)]
    assert published["keys"][0] == {**public_jwk(KEY), "kid": key_id(KEY), "use": "sig", "alg": "ES256"}
    assert key_id(KEY) != key_id(other)


@pytest.mark.parametrize("refusal", [FROM_AUTHORIZATION_SERVER, FROM_RESOURCE_SERVER])
async def test_a_request_is_repeated_once_with_the_nonce_that_the_server_asks_for(
    http: Transport, refusal: bytes
) -> None:
    nonces = NonceCache()
    async with serve(needs_nonce(refusal)) as server:
        got = await caller(nonces).send(http, "POST", f"{server.url}/x?a=1", json={"n": 1}, access=Secret("token"))
        assert nonces.get(f"{server.url}/other") == "nonce-2"
    assert got.json() == {"ok": True}
    assert [claims.get("nonce") for claims in claims_at(server)] == [None, "nonce-1"]
    assert {claims["htu"] for claims in claims_at(server)} == {f"{server.url}/x"}
    assert [received.headers["authorization"] for received in server.received] == ["DPoP token", "DPoP token"]
    assert [received.body for received in server.received] == [b'{"n":1}', b'{"n":1}']


async def test_a_known_nonce_spares_the_repetition(http: Transport) -> None:
    nonces = NonceCache()
    async with serve(needs_nonce(FROM_AUTHORIZATION_SERVER)) as server:
        for _ in range(3):
            assert (await caller(nonces).send(http, "GET", server.url)).status == 200
    assert [claims.get("nonce") for claims in claims_at(server)] == [None, "nonce-1", "nonce-2", "nonce-3"]


async def test_the_irreversible_request_is_repeated_too_and_asks_before_each(http: Transport) -> None:
    asked: list[bool] = []
    async with HttpPool(egress=LOOPBACK) as pool, serve(needs_nonce(FROM_RESOURCE_SERVER)) as server:
        story = Transport(pool, None, lambda: asked.append(True))
        got = await caller().send(story, "POST", server.url, json={}, effect=True)
    assert (got.status, got.effect) == (200, Effect.UNKNOWN)
    assert len(server.received) == 2
    assert asked == [True, True]


async def test_a_server_that_is_never_content_is_asked_twice_at_most(http: Transport) -> None:
    async def never(_: Received, writer: Any) -> None:
        writer.write(FROM_AUTHORIZATION_SERVER)

    async with serve(never) as server:
        got = await caller().send(http, "POST", server.url, json={})
    assert got.status == 400
    assert len(server.received) == 2


async def test_a_streamed_body_is_opened_again(http: Transport) -> None:
    opened: list[int] = []

    async def file() -> AsyncIterator[bytes]:
        opened.append(1)
        yield b"abc"
        yield b"def"

    async with serve(needs_nonce(FROM_RESOURCE_SERVER)) as server:
        got = await caller().send(http, "POST", server.url, content=file, content_length=6)
    assert got.status == 200
    assert [received.body for received in server.received] == [b"abcdef", b"abcdef"]
    assert len(opened) == 2


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (400, {"dpop-nonce": "n"}, b'{"error":"use_dpop_nonce"}', True),
        (401, {"dpop-nonce": "n", "www-authenticate": 'DPoP error="use_dpop_nonce"'}, b"", True),
        (400, {}, b'{"error":"use_dpop_nonce"}', False),
        (400, {"dpop-nonce": "n"}, b'{"error":"invalid_grant"}', False),
        (401, {"dpop-nonce": "n", "www-authenticate": 'DPoP error="invalid_token"'}, b"{}", False),
        (400, {"dpop-nonce": "n"}, b"<html>", False),
        (400, {"dpop-nonce": "n"}, b"[]", False),
        (200, {"dpop-nonce": "n"}, b'{"error":"use_dpop_nonce"}', False),
        (500, {"dpop-nonce": "n"}, b'{"error":"use_dpop_nonce"}', False),
    ],
)
def test_what_asks_for_a_nonce(status: int, headers: dict[str, str], body: bytes, expected: bool) -> None:
    assert wants_nonce(Answer(status, headers, body, "https://a.example/")) is expected


def test_the_cache_is_by_origin_and_keeps_the_newest() -> None:
    nonces = NonceCache()
    nonces.remember("https://A.example/token", "1")
    nonces.remember("https://a.example/par?x", "2")
    nonces.remember("https://a.example:8443/", "3")
    assert nonces.get("https://a.example/other") == "2"
    assert nonces.get("https://a.example:8443/x") == "3"
    assert nonces.get("https://b.example/") is None


def test_the_cache_forgets_the_server_that_was_quiet_longest() -> None:
    nonces = NonceCache(size=2)
    for host in ("a", "b", "a", "c"):
        nonces.remember(f"https://{host}.example/", host)
    assert [nonces.get(f"https://{host}.example/") for host in "abc"] == ["a", None, "c"]
