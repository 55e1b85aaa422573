"""Attacks on the way from our link over a platform and back, which the tests of the pages do not make."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from http.cookiejar import Cookie
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from app.kernel.errors import InvalidInput
from tests.fixtures.consent import BLUESKY, MASTODON, WAYS, Way, agree, connect, decide, ticket
from tests.fixtures.served import Browser
from tests.fixtures.site import Site


@pytest.fixture
async def attacker() -> AsyncIterator[Browser]:
    """Give the browser of somebody else."""
    theirs = Browser()
    yield theirs
    await theirs.close()


def with_(callback: str, **changed: str) -> str:
    """The callback with other values."""
    for name, value in changed.items():
        callback = re.sub(rf"([?&]{name}=)[^&]*", rf"\g<1>{value}", callback)
    return callback


def value_of(callback: str, name: str) -> str:
    return parse_qs(urlsplit(callback).query)[name][0]


def flow_cookie(browser: Browser) -> Cookie:
    """The one cookie of ours; the simulated platforms share the host and set their own."""
    (found,) = (cookie for cookie in browser.http.cookies.jar if cookie.name.startswith("postd-flow-"))
    return found


async def order(site: Site, **fault: object) -> None:
    """Order a fault of the simulated platforms."""
    async with httpx2.AsyncClient() as http:
        made = await http.post(f"{site.sandbox.bluesky_url}/_sandbox/faults", json=fault)
    assert made.status_code == 201, made.text


@pytest.mark.parametrize("way", WAYS)
async def test_a_stolen_code_is_worth_nothing_in_another_flow(
    site: Site, browser: Browser, attacker: Browser, way: Way
) -> None:
    stolen = value_of(
        await decide(browser, await agree(site, browser, way, await ticket(site, way)), way.handle), "code"
    )
    own = await decide(attacker, await agree(site, attacker, way, await ticket(site, way)), way.other)
    refused = await attacker.get(with_(own, code=stolen))
    assert refused.status_code == 422, refused.text  # the verifier of another flow does not fit
    assert await site.connections() == []
    assert stolen not in refused.text


@pytest.mark.parametrize("way", WAYS)
async def test_a_state_is_worth_nothing_with_the_cookie_of_another_flow(
    site: Site, browser: Browser, attacker: Browser, way: Way
) -> None:
    victims = await decide(browser, await agree(site, browser, way, await ticket(site, way)), way.handle)
    own = await decide(attacker, await agree(site, attacker, way, await ticket(site, way)), way.other)
    cookie, wanted = flow_cookie(attacker), flow_cookie(browser)
    attacker.http.cookies.set(wanted.name, cookie.value or "", domain="127.0.0.1")
    refused = await attacker.get(victims)
    assert refused.status_code == 403
    refused = await attacker.get(with_(own, state=value_of(victims, "state")))
    assert refused.status_code == 403
    assert await site.connections() == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_code_that_was_used_is_refused_by_the_platform_and_changes_nothing(
    site: Site, browser: Browser, way: Way
) -> None:
    callback, _ = await connect(site, browser, way, await ticket(site, way), way.handle)
    (before,) = await site.connections()
    again = await decide(browser, await agree(site, browser, way, await ticket(site, way)), way.handle)
    refused = await browser.get(with_(again, code=value_of(callback, "code")))
    assert refused.status_code == 422
    (after,) = await site.connections()
    assert (after.token_version, after.revision) == (before.token_version, before.revision)


@pytest.mark.parametrize("way", WAYS)
async def test_ten_callbacks_at_once_connect_once(site: Site, browser: Browser, way: Way) -> None:
    callback = await decide(browser, await agree(site, browser, way, await ticket(site, way)), way.handle)
    answers = await asyncio.gather(*(browser.get(callback) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {303, 410}
    (made,) = await site.connections()
    assert made.token_version == 1
    assert await site.events() == ["connection.connected"]


async def test_an_answer_that_names_no_server_is_refused(site: Site, browser: Browser) -> None:
    callback = await decide(browser, await agree(site, browser, BLUESKY, await ticket(site, BLUESKY)), "alice.test")
    refused = await browser.get(callback.replace("iss=", "unknown="))
    assert refused.status_code == 410
    assert await site.connections() == []


@pytest.mark.parametrize("name", ["state", "code", "iss"])
async def test_a_doubled_parameter_takes_nobody_elsewhere(site: Site, browser: Browser, name: str) -> None:
    callback = await decide(browser, await agree(site, browser, BLUESKY, await ticket(site, BLUESKY)), "alice.test")
    refused = await browser.get(f"{callback}&{name}=another")
    assert refused.status_code in {410, 422}
    assert await site.connections() == []


async def test_a_grant_without_the_scope_that_everything_needs_is_refused(site: Site, browser: Browser) -> None:
    callback = await decide(browser, await agree(site, browser, BLUESKY, await ticket(site, BLUESKY)), "alice.test")
    async with httpx2.AsyncClient() as http:
        accounts = (await http.get(f"{site.sandbox.bluesky_url}/_sandbox/accounts")).json()["accounts"]
    did = next(row["id"] for row in accounts if row["handle"] == "alice.test")
    lesser = {"access_token": "acc-x", "token_type": "DPoP", "sub": did, "scope": "transition:generic"}
    await order(site, kind="wrong_json", path="/oauth/token", body=lesser)
    refused = await browser.get(callback)
    assert refused.status_code == 422
    assert "agree to everything" in refused.text
    assert await site.connections() == []


async def test_what_was_granted_is_written_down_and_not_what_was_asked_for(site: Site, browser: Browser) -> None:
    callback = await decide(browser, await agree(site, browser, MASTODON, await ticket(site, MASTODON)), "bob")
    async with httpx2.AsyncClient() as http:
        wanted = {"platform": "mastodon", "handle": "bob"}
        made = await http.post(f"{site.sandbox.mastodon_url}/_sandbox/tokens", json=wanted)
    lesser = {**made.json(), "token_type": "Bearer", "scope": "read:accounts"}
    await order(site, kind="wrong_json", platform="mastodon", path="/oauth/token", body=lesser)
    await browser.get(callback)
    (found,) = await site.connections()
    assert found.granted_scopes == ["read:accounts"]


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "evil.example", "/\tevil", "/\r\nX: y", " /x"]
)
async def test_nobody_is_sent_off_our_origin_afterwards(site: Site, path: str) -> None:
    with pytest.raises(InvalidInput, match="returnTo"):
        await ticket(site, MASTODON, return_to=path)
    assert await site.owner.fetchval("SELECT count(*) FROM oauth_flows WHERE tenant_id = $1", site.tenant) == 0


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "forwarded"])
async def test_the_address_of_the_callback_never_comes_from_a_request(
    site: Site, browser: Browser, header: str
) -> None:
    link = await ticket(site, MASTODON)
    forged = {"forwarded": "host=evil.example;proto=https"}.get(header, "evil.example")
    sent = {"Origin": site.url, "Sec-Fetch-Site": "same-origin", header: forged}
    answer = await browser.http.post(link.url, data=MASTODON.typed(site), headers=sent)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{site.url}/oauth/mastodon/callback"]
