"""Who a request acts for, and the instance's description of itself."""

from __future__ import annotations

import pytest

from tests.connectors.sandbox.clients import Control
from tests.connectors.sandbox.mastodon.client import MastodonClient

ME = "/api/v1/accounts/verify_credentials"


async def test_a_token_tells_its_account(bob: MastodonClient) -> None:
    answer = await bob.ask("GET", ME)
    assert (answer.json()["username"], answer.json()["source"]["privacy"]) == ("bob", "public")


@pytest.mark.parametrize("path", ["/api/v1/instance", "/api/v2/instance"])
async def test_limits_are_told(bob: MastodonClient, path: str) -> None:
    configuration = (await bob.ask("GET", path)).json()["configuration"]
    assert configuration["statuses"] == {
        "max_characters": 500,
        "max_media_attachments": 4,
        "characters_reserved_per_url": 23,
    }
    assert configuration["polls"]["max_options"] == 4


@pytest.mark.parametrize(
    ("token", "words"), [("", "This method requires an authenticated user"), ("wrong", "The access token is invalid")]
)
async def test_a_missing_or_unknown_token_is_refused(bob: MastodonClient, token: str, words: str) -> None:
    bob.token = token
    answer = await bob.ask("GET", ME)
    assert (answer.status_code, answer.json()) == (401, {"error": words})


async def test_an_expired_token_stays_expired(bob: MastodonClient, control: Control) -> None:
    await control.fault("expire_token", path=ME)
    for _ in range(2):
        answer = await bob.ask("GET", ME)
        assert (answer.status_code, answer.json()) == (401, {"error": "The access token expired"})


async def test_a_token_does_only_what_it_was_granted(bob: MastodonClient, control: Control) -> None:
    body = {"platform": "mastodon", "handle": "bob", "scopes": "profile"}
    bob.token = (await control.ask("POST", "/tokens", body))["access_token"]
    assert (await bob.ask("GET", ME)).status_code == 200
    answer = await bob.post("hi")
    assert (answer.status_code, answer.json()) == (403, {"error": "This action is outside the authorized scopes"})
    assert await control.texts("mastodon") == []


async def test_a_disabled_account_is_refused(bob: MastodonClient, control: Control) -> None:
    await control.ask("PATCH", "/accounts", {"platform": "mastodon", "handle": "bob", "status": "disabled"})
    answer = await bob.post("hi")
    assert (answer.status_code, answer.json()) == (403, {"error": "Your login is currently disabled"})
    assert await control.texts("mastodon") == []


async def test_requests_are_limited_and_the_headers_tell(bob: MastodonClient, control: Control) -> None:
    first = await bob.ask("GET", ME)
    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-remaining"]) == ("300", "299")
    assert first.headers["x-ratelimit-reset"].endswith("Z")
    for _ in range(299):
        await bob.ask("GET", ME)
    answer = await bob.ask("GET", ME)
    assert (answer.status_code, answer.json()) == (429, {"error": "Too many requests"})
    await control.ask("POST", "/clock", {"advance": 300})
    assert (await bob.ask("GET", ME)).status_code == 200


async def test_an_unknown_path_is_not_found(bob: MastodonClient) -> None:
    answer = await bob.http.get(f"{bob.url}/api/v1/unknown")
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})
