from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.bluesky.sessions import ACCESS_LIFE, REFRESH_LIFE
from connectors.capabilities import ConnectBy
from connectors.contract import Access
from connectors.faults import FaultKind, PlatformFault
from connectors.secret import Secret
from tests.connectors.bluesky.server import BlueskyHarness
from tests.connectors.harness import UNUSED_PORT


async def refused(harness: BlueskyHarness, **fields: str) -> tuple[FaultKind, str]:
    with pytest.raises(PlatformFault) as found:
        await harness.log_in(**fields)
    assert harness.password not in f"{found.value.fault}"
    return found.value.fault.kind, found.value.fault.hint


async def test_a_login_gives_the_account_keyed_by_did_and_its_session(harness: BlueskyHarness) -> None:
    grant = (await harness.log_in()).accounts[0]
    now = harness.context().now()
    assert grant.account.external_id.startswith("did:plc:")
    assert (grant.account.handle, grant.account.server) == (harness.handle, harness.url)
    assert grant.account.url == f"https://bsky.app/profile/{grant.account.external_id}"
    assert grant.tokens.method is ConnectBy.APP_PASSWORD
    assert grant.tokens.scopes == ("atproto", "transition:generic")
    assert grant.tokens.expires_at is not None
    assert grant.tokens.refresh_expires_at is not None
    assert abs(grant.tokens.expires_at - now - ACCESS_LIFE) < timedelta(minutes=1)
    assert abs(grant.tokens.refresh_expires_at - now - REFRESH_LIFE) < timedelta(minutes=1)


async def test_a_login_by_did_and_with_the_server_named(harness: BlueskyHarness) -> None:
    first = (await harness.log_in()).accounts[0].account
    assert (await harness.log_in(identifier=first.external_id)).accounts[0].account == first
    assert (await harness.log_in(service=f"{harness.url}/")).accounts[0].account == first


async def test_a_wrong_password_says_where_app_passwords_are_made(harness: BlueskyHarness) -> None:
    kind, hint = await refused(harness, password="wrong-wrong-wrong-wron")
    assert kind is FaultKind.AUTH_EXPIRED
    assert "app password" in hint


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"identifier": ""}, FaultKind.AUTH_EXPIRED),
        ({"password": ""}, FaultKind.AUTH_EXPIRED),
        ({"identifier": "nobody.test"}, FaultKind.NOT_FOUND),
        ({"identifier": "not a handle"}, FaultKind.NOT_FOUND),
        ({"identifier": "me@example.org"}, FaultKind.NOT_FOUND),
        ({"identifier": "https://bsky.social"}, FaultKind.NOT_FOUND),
        ({"service": "ftp://pds.example"}, FaultKind.FORBIDDEN_ADDRESS),
        ({"service": "http://10.0.0.1"}, FaultKind.FORBIDDEN_ADDRESS),
        ({"service": f"http://127.0.0.1:{UNUSED_PORT}"}, FaultKind.UNREACHABLE),
    ],
)
async def test_what_cannot_work_is_refused_with_a_way_out(
    harness: BlueskyHarness, fields: dict[str, str], kind: FaultKind
) -> None:
    found, hint = await refused(harness, **fields)
    assert found is kind
    assert hint


@pytest.mark.parametrize("status", ["takendown", "deactivated"])
async def test_an_account_that_is_not_active_is_named_so(harness: BlueskyHarness, status: str) -> None:
    access = await harness.connect()
    change = {"platform": "bluesky", "handle": harness.handle, "status": status}
    await harness.control("PATCH", "accounts", change)
    assert (await refused(harness))[0] is FaultKind.ACCOUNT_GONE
    with pytest.raises(PlatformFault) as gone:
        await harness.connector.check(harness.context(), access)
    assert gone.value.fault.kind is FaultKind.ACCOUNT_GONE


async def test_an_expired_access_token_is_renewed_by_refresh_and_not_before(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    await harness.fault(kind="expire_token", path="/xrpc/com.atproto.server.getSession")
    with pytest.raises(PlatformFault) as dead:
        await harness.connector.check(harness.context(), access)
    assert dead.value.fault.kind is FaultKind.AUTH_EXPIRED
    tokens = await harness.connector.refresh(harness.context(), access)
    assert tokens.access != access.tokens.access
    account = await harness.connector.check(harness.context(), Access(access.account, tokens))
    assert account == access.account


async def test_a_closed_session_is_not_renewed(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    await harness.connector.revoke(harness.context(), access)
    with pytest.raises(PlatformFault) as dead:
        await harness.connector.refresh(harness.context(), access)
    assert dead.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_a_session_without_refresh_token_asks_to_reconnect(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    bare = Access(access.account, replace(access.tokens, refresh=None))
    with pytest.raises(PlatformFault) as dead:
        await harness.connector.refresh(harness.context(), bare)
    assert dead.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_tokens_of_another_account_are_not_taken(harness: BlueskyHarness) -> None:
    access = await harness.connect()
    other = Access(replace(access.account, external_id="did:plc:somebodyelse"), access.tokens)
    for call in (harness.connector.refresh, harness.connector.check):
        with pytest.raises(PlatformFault) as refusal:
            await call(harness.context(), other)
        assert refusal.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_the_end_of_a_session_is_read_from_its_token(harness: BlueskyHarness) -> None:
    await harness.control("PATCH", "settings", {"access_seconds": 30})
    try:
        tokens = (await harness.log_in()).accounts[0].tokens
    finally:
        await harness.control("PATCH", "settings", {"access_seconds": 0})
    claims = tokens.access.reveal().split(".")[1]
    stated = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
    assert tokens.expires_at is not None
    assert tokens.expires_at.timestamp() == stated


async def test_a_token_that_is_no_jwt_gets_the_usual_life(harness: BlueskyHarness) -> None:
    body = {"did": (await harness.connect()).account.external_id, "handle": harness.handle}
    opaque = {**body, "accessJwt": "opaque", "refreshJwt": "a.b.c", "active": True}
    await harness.fault(kind="wrong_json", path="/xrpc/com.atproto.server.createSession", body=opaque)
    tokens = (await harness.log_in()).accounts[0].tokens
    assert tokens.access == Secret("opaque")
    assert tokens.expires_at is not None
    assert abs(tokens.expires_at - harness.context().now() - ACCESS_LIFE) < timedelta(minutes=1)


async def test_a_server_that_speaks_for_another_account_is_not_believed(harness: BlueskyHarness) -> None:
    lie = {"did": "did:plc:somebodyelse", "handle": harness.handle, "accessJwt": "a", "refreshJwt": "b"}
    await harness.fault(kind="wrong_json", path="/xrpc/com.atproto.server.createSession", body=lie)
    assert (await refused(harness))[0] is FaultKind.AUTH_EXPIRED
