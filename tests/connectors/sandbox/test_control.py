"""The control API."""

from __future__ import annotations

import httpx2
import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import BlueskyClient, Control


async def test_the_seed_accounts_are_there(control: Control) -> None:
    accounts = (await control.ask("GET", "/accounts"))["accounts"]
    assert [(account["platform"], account["handle"]) for account in accounts] == [
        ("bluesky", "alice.test"),
        ("bluesky", "bakery.test"),
        ("mastodon", "bob"),
        ("mastodon", "bakery"),
        ("linkedin", "carol-example"),
        ("linkedin", "corner-bakery"),
        ("meta", "corner.bakery"),
        ("meta", "corner.bakery"),
    ]


async def test_a_new_account_can_log_in(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> None:
    body = {"platform": "bluesky", "handle": "carol.test", "password": "carols-password"}
    created = await control.ask("POST", "/accounts", body)
    client = BlueskyClient(http, sandbox.bluesky_url)
    assert (await client.log_in("carol.test", "carols-password")).status_code == 200
    assert client.did == created["id"]


@pytest.mark.parametrize("platform", ["bluesky", "mastodon", "linkedin"])
async def test_a_taken_or_malformed_handle_is_refused(
    sandbox: Sandbox, http: httpx2.AsyncClient, platform: str
) -> None:
    taken = {"bluesky": "alice.test", "mastodon": "bob", "linkedin": "carol-example"}[platform]
    before = (await http.get(f"{sandbox.mastodon_url}/_sandbox/accounts")).json()["accounts"]
    for handle in (taken, "no spaces please"):
        body = {"platform": platform, "handle": handle}
        answer = await http.post(f"{sandbox.mastodon_url}/_sandbox/accounts", json=body)
        assert answer.status_code == 400
    assert (await http.get(f"{sandbox.mastodon_url}/_sandbox/accounts")).json()["accounts"] == before


async def test_a_taken_down_account_cannot_log_in(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> None:
    await control.ask("PATCH", "/accounts", {"platform": "bluesky", "handle": "alice.test", "status": "takendown"})
    answer = await BlueskyClient(http, sandbox.bluesky_url).log_in()
    assert (answer.status_code, answer.json()["error"]) == (401, "AccountTakedown")


async def test_ending_every_session_kills_access_and_refresh_tokens(
    sandbox: Sandbox, http: httpx2.AsyncClient, control: Control
) -> None:
    client = BlueskyClient(http, sandbox.bluesky_url)
    await client.log_in()
    await control.ask("DELETE", "/tokens", {"platform": "bluesky", "handle": "alice.test"})
    assert (await client.put()).json()["error"] == "ExpiredToken"
    refreshed = await client.post("server.refreshSession", token=client.session["refreshJwt"])
    assert refreshed.json()["error"] == "ExpiredToken"


async def test_settings_change_and_wrong_ones_are_refused(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    url = f"{sandbox.bluesky_url}/_sandbox/settings"
    assert (await http.patch(url, json={"media_polls": 3})).json()["media_polls"] == 3
    for wrong in ({"media_polls": "3"}, {"colour": "red"}):
        assert (await http.patch(url, json=wrong)).status_code == 400
    assert (await http.get(url)).json()["media_polls"] == 3


async def test_the_clock_moves_forward_only(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    url = f"{sandbox.bluesky_url}/_sandbox/clock"
    first = (await http.post(url, json={"advance": 0})).json()["now"]
    second = (await http.post(url, json={"advance": 86_400})).json()["now"]
    assert second[:10] > first[:10]
    assert (await http.post(url, json={"advance": -1})).status_code == 400


async def test_an_unknown_fault_is_not_found(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    answer = await http.get(f"{sandbox.bluesky_url}/_sandbox/faults/f9")
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no fault f9"})


async def test_waiting_for_hits_that_do_not_come_ends(
    sandbox: Sandbox, http: httpx2.AsyncClient, control: Control
) -> None:
    fault = await control.fault("hold")
    answer = await http.get(f"{sandbox.bluesky_url}/_sandbox/faults/{fault}?hits=1&timeout=0.01")
    assert answer.status_code == 408


async def test_a_web_page_cannot_give_orders(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> None:
    url = f"{sandbox.bluesky_url}/_sandbox/faults"
    form = await http.post(url, content=b'{"kind":"hold"}', headers={"content-type": "text/plain"})
    rebound = await http.post(url, json={"kind": "hold"}, headers={"host": "evil.example"})
    assert (form.status_code, rebound.status_code) == (400, 400)
    assert (await control.ask("GET", "/faults"))["faults"] == []


async def test_the_request_log_hides_secrets(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> None:
    client = BlueskyClient(http, sandbox.bluesky_url)
    await client.log_in()
    await client.put()
    log = await http.get(f"{sandbox.bluesky_url}/_sandbox/requests")
    assert "alice-test-app-pass" not in log.text
    assert client.session["accessJwt"] not in log.text
    login, put = log.json()["requests"]
    assert login["body"] == {"identifier": "alice.test", "password": "•••"}
    assert (put["headers"]["authorization"], put["account"]) == ("Bearer •••", "alice.test")
