"""Connecting to an instance: registration, consent, the code, and what is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.contract import AppCredentials, FinishAuthorization
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.oauth import code_challenge
from connectors.secret import Secret
from tests.connectors.mastodon.connection import STATE, MastodonHarness
from tests.connectors.simulated import REDIRECT_URI
from tests.connectors.suite import Story

SCOPES = "read:accounts read:statuses write:statuses write:media"


async def test_the_application_belongs_to_the_server_that_was_typed(account: MastodonHarness) -> None:
    app = await account.connector.register(account.context(), account.origin, REDIRECT_URI)
    assert app.key == account.origin
    assert account.connector.app_key({"instance": Secret(f"{account.origin}/@anna")}) == account.origin
    assert account.connector.app_key({"instance": Secret("@anna@Example.Social")}) == "https://example.social"


async def test_the_user_is_sent_with_least_rights_and_a_challenge(account: MastodonHarness) -> None:
    redirect = await account.begin()
    assert account.app is not None
    assert redirect.url.startswith(f"{account.origin}/oauth/authorize?")
    assert {name: values[0] for name, values in parse_qs(urlsplit(redirect.url).query).items()} == {
        "response_type": "code",
        "client_id": account.app.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPES,
        "state": STATE,
        "code_challenge": code_challenge(redirect.flow["verifier"]),
        "code_challenge_method": "S256",
        "force_login": "true",
    }
    assert redirect.issuer is None


async def test_the_grant_says_whose_it_is_and_what_the_server_allows(story: Story, account: MastodonHarness) -> None:
    host = urlsplit(account.origin).netloc
    found = story.access.account
    assert found.external_id.startswith(f"{account.origin}/api/v1/accounts/")
    assert (found.handle, found.name, found.server) == (f"@{account.handle}@{host}", "Mona Test", account.origin)
    assert found.limits["text.length"] == 500
    assert found.limits["text.url_length"] == 23
    assert found.limits["poll.min_expiration"] == 300
    assert sorted(story.access.tokens.scopes) == sorted(SCOPES.split())
    assert story.access.tokens.expires_at is None
    assert story.access.tokens.refresh is None


async def test_a_forgotten_application_is_noticed_before_the_user_leaves(account: MastodonHarness) -> None:
    account.app = AppCredentials(account.origin, "forgotten", Secret("secret"))
    with pytest.raises(PlatformFault) as caught:
        await account.begin()
    assert (caught.value.fault.code, caught.value.fault.kind) == ("invalid_client", FaultKind.AUTH_EXPIRED)
    account.app = None
    assert (await account.begin()).url


async def test_an_application_of_another_server_is_not_used(account: MastodonHarness) -> None:
    account.app = AppCredentials("https://other.example", "id", Secret("secret"))
    with pytest.raises(PlatformFault) as caught:
        await account.begin()
    assert caught.value.fault.code == "invalid_client"
    assert account.exchanges == []


async def test_a_denied_consent_is_a_missing_permission(account: MastodonHarness) -> None:
    redirect = await account.begin()
    params = {"error": "access_denied", "error_description": "The resource owner denied the request."}
    with pytest.raises(PlatformFault) as caught:
        await account.connector.finish(
            account.context(), FinishAuthorization(params, REDIRECT_URI, redirect.flow, account.app)
        )
    assert caught.value.fault.kind is FaultKind.PERMISSION_MISSING


async def test_a_code_is_worth_nothing_without_its_verifier(account: MastodonHarness) -> None:
    redirect = await account.begin()
    params = await account.consent(redirect.url)
    flow = {**redirect.flow, "verifier": Secret("another-verifier-of-forty-three-characters-x")}
    with pytest.raises(PlatformFault) as caught:
        await account.connector.finish(account.context(), FinishAuthorization(params, REDIRECT_URI, flow, account.app))
    assert (caught.value.fault.code, caught.value.fault.effect) == ("invalid_grant", Effect.NONE)


async def test_an_older_server_is_read_by_its_older_description(account: MastodonHarness) -> None:
    order = {"kind": "status", "status": 404, "platform": "mastodon", "path": "/api/v2/instance"}
    await account.controls.ask("POST", "/faults", order)
    assert (await account.connect()).account.limits["media.count"] == 4


async def test_revoking_ends_the_token(story: Story, account: MastodonHarness) -> None:
    await account.connector.revoke(story.cx, story.access)
    with pytest.raises(PlatformFault) as caught:
        await account.connector.check(story.cx, story.access)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_a_token_that_is_not_ours_is_not_revoked(story: Story, account: MastodonHarness) -> None:
    assert story.access.app is not None
    stranger = replace(story.access, app=replace(story.access.app, client_id="stranger"))
    with pytest.raises(PlatformFault) as caught:
        await account.connector.revoke(story.cx, stranger)
    assert caught.value.fault.code == "unauthorized_client"
    assert (await account.connector.check(story.cx, story.access)).handle == story.access.account.handle


@pytest.mark.parametrize("status", ["disabled", "unconfirmed", "pending"])
async def test_an_account_that_is_not_active_is_gone(story: Story, account: MastodonHarness, status: str) -> None:
    await account.controls.ask(
        "PATCH", "/accounts", {"platform": "mastodon", "handle": account.handle, "status": status}
    )
    with pytest.raises(PlatformFault) as caught:
        await account.connector.check(story.cx, story.access)
    assert caught.value.fault.kind is FaultKind.ACCOUNT_GONE
