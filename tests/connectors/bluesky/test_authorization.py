from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import orjson
import pytest

from connectors.bluesky import xrpc
from connectors.bluesky.authorization import CONFIDENTIAL_LIFE, PUBLIC_LIFE
from connectors.capabilities import ConnectBy
from connectors.client_metadata import JWKS_PATH, METADATA_PATH, client_metadata
from connectors.contract import Access, AppCredentials, Part, PrepareStep, Published, PublishTask
from connectors.dpop import NonceCache
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.signing_keys import new_key, public_jwks
from tests.connectors.bluesky.server import CALLBACK, BlueskyHarness
from tests.connectors.harness import UNUSED_PORT
from tests.connectors.loopback import answer, routes, serve


@pytest.fixture
def by() -> ConnectBy:
    return ConnectBy.OAUTH


async def test_the_user_is_sent_away_with_a_reference_only(harness: BlueskyHarness) -> None:
    redirect = await harness.redirect(harness.handle)
    query = parse_qs(urlsplit(redirect.url).query)
    assert sorted(query) == ["client_id", "request_uri"]
    assert redirect.issuer == harness.url
    assert sorted(redirect.flow) == ["did", "dpop_key", "issuer", "verifier"]
    assert "state-1" not in redirect.url


async def test_a_grant_carries_what_later_calls_need(harness: BlueskyHarness) -> None:
    grant = (await harness.authorize()).accounts[0]
    assert (grant.account.handle, grant.account.server) == (harness.handle, harness.url)
    assert grant.tokens.method is ConnectBy.OAUTH
    assert sorted(grant.tokens.extra) == ["client_id", "dpop_key", "issuer"]
    assert set(grant.tokens.scopes) == {"atproto", "transition:generic"}
    assert grant.tokens.refresh_expires_at is not None
    assert abs(grant.tokens.refresh_expires_at - harness.context().now() - PUBLIC_LIFE) < timedelta(minutes=1)


async def test_an_account_is_chosen_on_the_servers_page_where_only_the_server_is_named(
    harness: BlueskyHarness,
) -> None:
    grant = (await harness.authorize(harness.url)).accounts[0]
    assert grant.account.handle == harness.handle


async def test_a_named_server_proves_the_handle_where_the_public_resolver_does_not_know_it(
    harness: BlueskyHarness,
) -> None:
    harness.resolver = f"http://127.0.0.1:{UNUSED_PORT}"
    redirect = await harness.redirect(harness.url)
    assert redirect.flow["server"].reveal() == harness.url
    grant = (await harness.finish(redirect, await harness.consent(redirect.url))).accounts[0]
    assert grant.account.handle == harness.handle


async def test_a_refusal_on_the_servers_page(harness: BlueskyHarness) -> None:
    redirect = await harness.redirect(harness.handle)
    with pytest.raises(PlatformFault) as refused:
        await harness.finish(redirect, await harness.consent(redirect.url, allow=False))
    assert refused.value.fault.kind is FaultKind.PERMISSION_MISSING


async def test_another_account_than_the_one_asked_for_is_refused(harness: BlueskyHarness) -> None:
    redirect = await harness.redirect("alice.test")
    with pytest.raises(PlatformFault) as refused:
        await harness.finish(redirect, await harness.consent(redirect.url))
    assert (refused.value.fault.kind, refused.value.fault.effect) == (FaultKind.PERMISSION_MISSING, Effect.NONE)


async def test_an_issuer_that_the_accounts_own_server_does_not_name_is_refused(harness: BlueskyHarness) -> None:
    redirect = await harness.redirect(harness.url)
    params = await harness.consent(redirect.url)
    await harness.fault(
        kind="wrong_json",
        path="/.well-known/oauth-protected-resource",
        body={"authorization_servers": ["https://other.example"]},
    )
    with pytest.raises(PlatformFault) as refused:
        await harness.finish(redirect, params)
    assert refused.value.fault.kind is FaultKind.PERMISSION_MISSING
    assert "may not speak" in refused.value.fault.message


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/.well-known/oauth-protected-resource", {}),
        ("/.well-known/oauth-protected-resource", {"authorization_servers": ["https://as.example/path"]}),
        ("/.well-known/oauth-authorization-server", {"issuer": "https://other.example"}),
        ("/.well-known/oauth-authorization-server", []),
    ],
)
async def test_metadata_that_does_not_fit_is_refused(harness: BlueskyHarness, path: str, body: object) -> None:
    await harness.fault(kind="wrong_json", path=path, body=body)
    with pytest.raises(PlatformFault) as refused:
        await harness.redirect(harness.url)
    assert refused.value.fault.kind is FaultKind.UNEXPECTED_ANSWER


async def test_a_refresh_keeps_the_key_and_the_end_of_the_grant(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    tokens = await harness.connector.refresh(harness.context(), access)
    assert tokens.method is ConnectBy.OAUTH
    assert tokens.extra == access.tokens.extra
    assert tokens.refresh_expires_at == access.tokens.refresh_expires_at
    assert tokens.refresh != access.tokens.refresh
    renewed = Access(access.account, tokens)
    assert (await harness.connector.check(harness.context(), renewed)).handle == harness.handle
    with pytest.raises(PlatformFault) as dead:
        await harness.connector.check(harness.context(), access)
    assert dead.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_a_refresh_token_that_was_used_already_means_reconnect(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    await harness.connector.refresh(harness.context(), access)
    with pytest.raises(PlatformFault) as dead:
        await harness.connector.refresh(harness.context(), access)
    fault = dead.value.fault
    assert (fault.kind, fault.code, fault.effect) == (FaultKind.AUTH_EXPIRED, "invalid_grant", Effect.NONE)


async def test_a_revoked_grant_is_dead(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    await harness.connector.revoke(harness.context(), access)
    with pytest.raises(PlatformFault) as dead:
        await harness.connector.check(harness.context(), access)
    assert dead.value.fault.kind is FaultKind.AUTH_EXPIRED


@pytest.mark.parametrize("lost", ["dpop_key", "issuer", "client_id"])
async def test_a_grant_with_a_piece_missing_asks_to_reconnect(harness: BlueskyHarness, lost: str) -> None:
    access = await harness.connect()
    extra = {name: value for name, value in access.tokens.extra.items() if name != lost}
    with pytest.raises(PlatformFault) as dead:
        await harness.connector.refresh(harness.context(), Access(access.account, replace(access.tokens, extra=extra)))
    assert dead.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_a_token_without_its_key_is_worth_nothing(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    stolen = Access(access.account, replace(access.tokens, method=ConnectBy.APP_PASSWORD, extra={}))
    with pytest.raises(PlatformFault) as refused:
        await harness.connector.check(harness.context(), stolen)
    assert refused.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_an_account_on_an_address_that_is_not_called(harness: BlueskyHarness) -> None:
    with pytest.raises(PlatformFault) as refused:
        await harness.redirect("http://10.0.0.1")
    assert refused.value.fault.kind is FaultKind.FORBIDDEN_ADDRESS


async def test_a_client_with_a_key_of_its_own_proves_itself_and_is_trusted_longer(harness: BlueskyHarness) -> None:
    key = new_key()
    pages: dict[str, bytes] = {}
    async with serve(routes(pages)) as server:
        scopes = ("atproto", "transition:generic")
        document = client_metadata(server.url, "POSTD", [CALLBACK], scopes, confidential=True)
        app = AppCredentials(server.url, f"{server.url}{METADATA_PATH}", client_secret=key)
        pages[METADATA_PATH] = answer(200, orjson.dumps({**document, "client_id": app.client_id}))
        pages[JWKS_PATH] = answer(200, orjson.dumps(public_jwks([key])))
        grant = (await harness.authorize(app=app)).accounts[0]
        access = Access(grant.account, grant.tokens, app)
        tokens = await harness.connector.refresh(harness.context(), access)
        await harness.connector.revoke(harness.context(), replace(access, tokens=tokens))
    assert tokens.refresh_expires_at is not None
    assert abs(tokens.refresh_expires_at - harness.context().now() - CONFIDENTIAL_LIFE) < timedelta(minutes=1)


async def test_the_first_publish_is_not_refused_for_want_of_a_nonce(
    harness: BlueskyHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xrpc, "NONCES", NonceCache())
    cx, access = harness.context(), await harness.connect()
    task = PublishTask(Part("Hello"), position=0, attempt_key=uuid4(), composed_at=cx.now())

    async def save(step: PrepareStep, checkpoint: Mapping[str, Any]) -> None:
        raise AssertionError(step)

    checkpoint = await harness.connector.prepare(cx, access, task, save)
    before = len(harness.exchanges)
    outcome = await harness.connector.publish(cx, access, replace(task, checkpoint=checkpoint))
    assert isinstance(outcome, Published)
    assert [exchange.status for exchange in harness.exchanges[before:]] == [200]
