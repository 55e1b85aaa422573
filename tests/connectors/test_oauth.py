from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from connectors.contract import AppCredentials, Tokens
from connectors.dpop import DpopCaller, NonceCache
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.http_pool import HttpPool
from connectors.oauth import (
    AuthorizationRequest,
    ClientAuth,
    OAuthClient,
    OAuthSpec,
    authorization_url,
    code_challenge,
    new_verifier,
)
from connectors.secret import Secret
from connectors.signing_keys import key_id, new_key
from connectors.transport import Transport
from tests.connectors.loopback import LOOPBACK, Received, Server, always, answer, serve

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APP = AppCredentials("https://as.example", "our-client", Secret("our-secret"))
SPEC = OAuthSpec(authorize="https://as.example/authorize", token="https://as.example/token")
REQUEST = AuthorizationRequest("https://postd.example/cb", Secret("st"), ("read", "write"), Secret("v" * 43))
GIVEN = b'{"access_token":"a","token_type":"Bearer","refresh_token":"r","expires_in":3600,"scope":"read","sub":"u1"}'
OLD = Tokens(
    access=Secret("old-a"),
    refresh=Secret("old-r"),
    scopes=("read", "write"),
    extra={"issuer": Secret("https://as.example")},
)


@pytest.fixture
async def http() -> AsyncIterator[Transport]:
    async with HttpPool(egress=LOOPBACK) as pool:
        yield Transport(pool)


def client(http: Transport, server: Server, app: AppCredentials = APP, **spec: Any) -> OAuthClient:
    urls = {name: f"{server.url}/{name}" for name in ("authorize", "token", "revoke", "par")}
    return OAuthClient(OAuthSpec(**{**urls, **spec}), app, http, lambda: NOW)


def form(received: Received) -> dict[str, str]:
    return dict(parse_qsl(received.body.decode(), strict_parsing=True))


def test_the_challenge_of_the_rfc() -> None:
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")  # RFC 7636, appendix B
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifiers_are_long_and_never_the_same() -> None:
    made = {new_verifier().reveal() for _ in range(20)}
    assert len(made) == 20
    assert {len(verifier) for verifier in made} == {64}


def test_the_authorization_address() -> None:
    url = authorization_url(SPEC, APP, REQUEST)
    assert url.startswith("https://as.example/authorize?")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "response_type": "code",
        "client_id": "our-client",
        "redirect_uri": "https://postd.example/cb",
        "scope": "read write",
        "state": "st",
        "code_challenge": code_challenge(Secret("v" * 43)),
        "code_challenge_method": "S256",
    }


def test_the_habits_of_a_platform_are_data() -> None:
    spec = OAuthSpec(
        authorize="https://as.example/authorize?v=2",
        token="https://as.example/token",
        pkce=False,
        scope_separator=",",
        client_id_param="client_key",
        extra={"force_login": "true"},
    )
    request = AuthorizationRequest("https://postd.example/cb", Secret("st"), ("read", "write"), login_hint="alice")
    assert dict(parse_qsl(urlsplit(authorization_url(spec, APP, request)).query)) == {
        "v": "2",
        "response_type": "code",
        "client_key": "our-client",
        "redirect_uri": "https://postd.example/cb",
        "scope": "read,write",
        "state": "st",
        "login_hint": "alice",
        "force_login": "true",
    }


def test_pkce_cannot_be_forgotten() -> None:
    with pytest.raises(ValueError, match="PKCE"):
        authorization_url(SPEC, APP, AuthorizationRequest("https://postd.example/cb", Secret("st"), ()))


async def test_a_code_becomes_tokens_with_an_end_in_absolute_time(http: Transport) -> None:
    async with serve(always(200, GIVEN)) as server:
        got = await client(http, server).exchange_code(Secret("c"), "https://postd.example/cb", verifier=Secret("v"))
    assert got.tokens == Tokens(
        access=Secret("a"), refresh=Secret("r"), expires_at=NOW + timedelta(hours=1), scopes=("read",)
    )
    assert got.fields == {"token_type": "Bearer", "expires_in": 3600, "scope": "read", "sub": "u1"}
    assert form(server.received[0]) == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://postd.example/cb",
        "code_verifier": "v",
        "client_id": "our-client",
        "client_secret": "our-secret",
    }


async def test_a_refresh_that_rotates_replaces_the_refresh_token(http: Transport) -> None:
    async with serve(always(200, GIVEN)) as server:
        got = await client(http, server).refresh(OLD)
    assert got.tokens.refresh == Secret("r")
    assert got.tokens.scopes == ("read",)
    assert got.tokens.extra == {"issuer": Secret("https://as.example")}
    assert form(server.received[0])["refresh_token"] == "old-r"
    assert form(server.received[0])["grant_type"] == "refresh_token"


async def test_a_refresh_that_does_not_rotate_keeps_the_refresh_token(http: Transport) -> None:
    async with serve(always(200, b'{"access_token":"a","token_type":"Bearer"}')) as server:
        got = await client(http, server).refresh(OLD)
    assert (got.tokens.access, got.tokens.refresh) == (Secret("a"), Secret("old-r"))
    assert got.tokens.expires_at is None
    assert got.tokens.scopes == ("read", "write")


async def test_without_a_refresh_token_nothing_is_asked(http: Transport) -> None:
    async with serve(always(200, GIVEN)) as server:
        with pytest.raises(PlatformFault) as caught:
            await client(http, server).refresh(Tokens(access=Secret("a")))
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED
    assert server.received == []


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (OLD, {"token": "old-r", "token_type_hint": "refresh_token"}),
        (Tokens(access=Secret("only")), {"token": "only", "token_type_hint": "access_token"}),
    ],
)
async def test_revoking_names_the_token_that_ends_the_grant(
    http: Transport, tokens: Tokens, expected: dict[str, str]
) -> None:
    async with serve(always(200, b"{}")) as server:
        await client(http, server).revoke(tokens)
    assert form(server.received[0]) == {**expected, "client_id": "our-client", "client_secret": "our-secret"}


@pytest.mark.parametrize("code", ["invalid_token", "invalid_grant"])
async def test_revoking_what_is_gone_is_fine(http: Transport, code: str) -> None:
    async with serve(always(400, f'{{"error":"{code}"}}'.encode())) as server:
        await client(http, server).revoke(OLD)
    assert len(server.received) == 1


async def test_revoking_that_fails_says_so(http: Transport) -> None:
    async with serve(always(503, b"")) as server:
        with pytest.raises(PlatformFault) as caught:
            await client(http, server).revoke(OLD)
    assert caught.value.fault.kind is FaultKind.PLATFORM_DOWN


async def test_a_server_without_revocation_is_not_called(http: Transport) -> None:
    async with serve(always()) as server:
        await client(http, server, revoke=None).revoke(OLD)
    assert server.received == []


async def test_a_public_client_sends_its_id_only(http: Transport) -> None:
    async with serve(always(200, GIVEN)) as server:
        await client(http, server, client_auth=ClientAuth.NONE).refresh(OLD)
    assert sorted(form(server.received[0])) == ["client_id", "grant_type", "refresh_token"]


async def test_a_client_with_a_key_signs_who_it_is(http: Transport) -> None:
    key = new_key()
    app = AppCredentials("https://as.example", "https://postd.example/oauth/client-metadata.json", key)
    auth = ClientAuth.PRIVATE_KEY_JWT
    async with serve(always(200, GIVEN)) as server:
        maker = client(http, server, app, client_auth=auth, issuer="https://as.example")
        for _ in range(2):
            await maker.refresh(OLD)
    sent = [form(received) for received in server.received]
    assert "client_secret" not in sent[0]
    assert sent[0]["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    public = ECKey.import_key(orjson.loads(key.reveal()))
    tokens = [jwt.decode(item["client_assertion"], public, algorithms=["ES256"]) for item in sent]
    assert tokens[0].header == {"typ": "JWT", "alg": "ES256", "kid": key_id(key)}
    identities = [token.claims.pop("jti") for token in tokens]
    assert identities[0] != identities[1]
    assert tokens[0].claims == {
        "iss": app.client_id,
        "sub": app.client_id,
        "aud": "https://as.example",
        "iat": 1795176000,
        "exp": 1795176060,
    }


async def test_a_secret_that_is_missing_is_an_error_of_ours(http: Transport) -> None:
    async with serve(always(200, GIVEN)) as server:
        with pytest.raises(ValueError, match="client_secret_post needs a client secret"):
            await client(http, server, AppCredentials("k", "id")).refresh(OLD)
    assert server.received == []


async def test_a_pushed_request_leaves_only_its_reference_in_the_address(http: Transport) -> None:
    async with serve(always(201, b'{"request_uri":"urn:x:1","expires_in":299}')) as server:
        url = await client(http, server).pushed_url(REQUEST)
    assert url == f"{server.url}/authorize?client_id=our-client&request_uri=urn%3Ax%3A1"
    pushed = form(server.received[0])
    assert pushed["state"] == "st"
    assert pushed["code_challenge_method"] == "S256"
    assert pushed["client_secret"] == "our-secret"


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"request_uri":1}'])
async def test_a_pushed_request_without_a_reference_is_unexpected(http: Transport, body: bytes) -> None:
    async with serve(always(201, body)) as server:
        with pytest.raises(PlatformFault) as caught:
            await client(http, server).pushed_url(REQUEST)
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER


async def test_tokens_bound_to_a_key_are_asked_for_with_a_proof_and_a_nonce(http: Transport) -> None:
    async def handle(received: Received, writer: asyncio.StreamWriter) -> None:
        if len(server.received) == 1:
            writer.write(answer(400, b'{"error":"use_dpop_nonce"}', DPoP_Nonce="n1"))
        else:
            writer.write(answer(200, GIVEN.replace(b"Bearer", b"DPoP")))

    async with serve(handle) as server:
        plain = client(http, server)
        bound = OAuthClient(plain.spec, APP, http, plain.now, DpopCaller(new_key(), NonceCache(), plain.now))
        got = await bound.refresh(OLD)
    assert got.tokens.access == Secret("a")
    assert len(server.received) == 2
    assert all("dpop" in received.headers for received in server.received)


async def test_a_token_that_is_not_bound_to_our_key_is_refused(http: Transport) -> None:
    async with serve(always(200, GIVEN)) as server:
        plain = client(http, server)
        bound = OAuthClient(plain.spec, APP, http, plain.now, DpopCaller(new_key(), NonceCache(), plain.now))
        with pytest.raises(PlatformFault) as caught:
            await bound.refresh(OLD)
    assert caught.value.fault.message == "The platform gave a token that is not bound to our key."


async def test_a_lost_answer_of_a_token_request_has_no_effect_on_posts(http: Transport) -> None:
    async def gone(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with serve(gone) as server:
        with pytest.raises(PlatformFault) as caught:
            await client(http, server).refresh(OLD)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.NO_ANSWER, Effect.NONE)
