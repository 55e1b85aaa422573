"""Connecting in a browser against the simulated platforms' own consent pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from markupsafe import escape

from app.domain.connections.states import ConnectionState
from app.flows.connections.tickets import digest
from connectors.capabilities import ConnectBy
from connectors.secret import Secret
from tests.fixtures.consent import BLUESKY, MASTODON, WAYS, Way, agree, connect, decide, ticket
from tests.fixtures.served import Browser, form_in
from tests.fixtures.site import Site


@pytest.fixture
async def stranger() -> AsyncIterator[Browser]:
    """Give the browser of somebody else."""
    other = Browser()
    yield other
    await other.close()


@pytest.mark.parametrize("way", WAYS)
async def test_the_page_says_who_asks_for_what(site: Site, browser: Browser, way: Way) -> None:
    page = await browser.get((await ticket(site, way)).url)
    assert page.status_code == 200
    assert "<strong>Acme &amp; Sons</strong> asks to post to" in page.text
    for scope in site.rt.catalog.get(way.platform).capabilities.scopes:
        assert scope.name in page.text
        assert str(escape(scope.purpose)) in page.text
    assert list(form_in(page).fields) == list(way.typed(site))
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert "form-action 'self' https: http:" in page.headers["content-security-policy"]


@pytest.mark.parametrize("way", WAYS)
async def test_an_account_is_connected(site: Site, browser: Browser, way: Way) -> None:
    callback, answer = await connect(site, browser, way, await ticket(site, way, return_to="/planner"), way.handle)
    assert answer.status_code == 303
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == ""

    done = await browser.follow(answer)
    assert done.status_code == 200
    assert f"{way.name} is connected" in done.text
    assert way.handle in done.text
    assert 'href="/planner"' in done.text
    assert 'data-tell-origin="https://planner.example"' in done.text

    (connection,) = await site.connections()
    assert connection.state is ConnectionState.HEALTHY
    assert connection.handle.removeprefix("@").startswith(way.handle)
    assert await site.events() == ["connection.connected"]
    query, logged = parse_qs(urlsplit(callback).query), site.log.getvalue()
    assert '"path": "/oauth/{platform}/callback", "status": 303' in logged
    for held in browser.http.cookies.jar:
        assert all(secret not in logged for secret in (held.value or "").split("."))
    assert query["code"][0] not in logged
    assert query["state"][0] not in logged


@pytest.mark.parametrize("way", WAYS)
async def test_a_second_arrival_shows_the_result_and_changes_nothing(site: Site, browser: Browser, way: Way) -> None:
    callback, _ = await connect(site, browser, way, await ticket(site, way), way.handle)
    before = await site.connections()
    again = await browser.follow(await browser.get(callback))
    assert again.status_code == 200
    assert f"{way.name} is connected" in again.text
    (after,) = await site.connections()
    assert (after.token_version, after.revision) == (before[0].token_version, before[0].revision)
    assert await site.events() == ["connection.connected"]


@pytest.mark.parametrize("way", WAYS)
async def test_another_browser_is_refused_and_uses_nothing_up(
    site: Site, browser: Browser, stranger: Browser, way: Way
) -> None:
    callback = await decide(browser, await agree(site, browser, way, await ticket(site, way)), way.handle)
    refused = await stranger.get(callback)
    assert refused.status_code == 403
    assert "another browser" in refused.text
    assert await site.connections() == []
    assert (await browser.follow(await browser.get(callback))).status_code == 200
    assert len(await site.connections()) == 1


async def test_the_result_is_not_shown_to_another_browser(site: Site, browser: Browser, stranger: Browser) -> None:
    link = await ticket(site, MASTODON)
    await connect(site, browser, MASTODON, link, "bob")
    refused = await stranger.get(link.url)
    assert refused.status_code == 410
    assert "bob" not in refused.text


async def test_a_link_works_once(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    page = await browser.get(link.url)
    await connect(site, browser, MASTODON, link, "bob")
    again = await browser.send(page, MASTODON.typed(site))
    assert again.status_code == 410
    assert await site.events() == ["connection.connected"]


async def test_an_answer_of_another_server_is_refused(site: Site, browser: Browser) -> None:
    callback = await decide(browser, await agree(site, browser, BLUESKY, await ticket(site, BLUESKY)), "alice.test")
    parts = urlsplit(callback)
    forged = re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", callback)
    assert "iss=" in parts.query
    refused = await browser.get(forged)
    assert refused.status_code == 410
    assert "another server" in refused.text
    assert await site.connections() == []
    assert (await browser.get(callback)).status_code == 410  # the state is used up


async def test_a_callback_of_another_platform_is_refused(site: Site, browser: Browser) -> None:
    callback = await decide(browser, await agree(site, browser, MASTODON, await ticket(site, MASTODON)), "bob")
    assert (await browser.get(callback.replace("/oauth/mastodon/", "/oauth/bluesky/"))).status_code == 410
    assert await site.connections() == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_refusal_on_the_platform_can_be_thought_over(site: Site, browser: Browser, way: Way) -> None:
    link = await ticket(site, way)
    callback = await decide(browser, await agree(site, browser, way, link), way.handle, "deny")
    refused = await browser.get(callback)
    assert refused.status_code == 422
    assert "Access was not granted." in refused.text
    assert f'href="{urlsplit(link.url).path}"' in refused.text
    assert await site.connections() == []
    await connect(site, browser, way, link, way.handle)
    assert len(await site.connections()) == 1


async def test_an_expired_link_says_so(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    callback = await decide(browser, await agree(site, browser, MASTODON, link), "bob")
    await site.owner.execute("UPDATE oauth_flows SET expires_at = $2 WHERE id = $1", link.flow_id, datetime.now(UTC))
    for url in (link.url, callback):
        page = await browser.get(url)
        assert page.status_code == 410
        assert "This link is not valid any more." in page.text
    assert await site.connections() == []


@pytest.mark.parametrize("path", ["/connect/unknown", "/oauth/mastodon/callback?state=unknown", "/oauth/x/callback"])
async def test_what_is_unknown_is_refused_alike(site: Site, browser: Browser, path: str) -> None:
    page = await browser.get(f"{site.url}{path}")
    assert page.status_code == 410
    assert "This link does not work" in page.text
    assert "TICKET_INVALID" in page.text
    assert page.headers["x-request-id"] in page.text


@pytest.mark.parametrize("way", WAYS)
async def test_reconnecting_wants_the_same_account(site: Site, browser: Browser, way: Way) -> None:
    await connect(site, browser, way, await ticket(site, way), way.handle)
    (before,) = await site.connections()
    link = await ticket(site, way, repair=before.id)
    page = await browser.get(link.url)
    assert f"Reconnect {before.handle}" in page.text

    _, answer = await connect(site, browser, way, link, way.other)
    assert answer.status_code == 409
    assert "DIFFERENT_ACCOUNT" in answer.text
    (after,) = await site.connections()
    assert (after.handle, after.token_version, after.revision) == (
        before.handle,
        before.token_version,
        before.revision,
    )

    _, answer = await connect(site, browser, way, link, way.handle)
    assert f"{way.name} is reconnected" in (await browser.follow(answer)).text
    (mended,) = await site.connections()
    assert mended.token_version == before.token_version + 1


async def test_two_flows_at_once_in_one_browser(site: Site, browser: Browser) -> None:
    first = await decide(browser, await agree(site, browser, MASTODON, await ticket(site, MASTODON)), "bob")
    second = await decide(browser, await agree(site, browser, BLUESKY, await ticket(site, BLUESKY)), "alice.test")
    assert (await browser.get(first)).status_code == 303
    assert (await browser.get(second)).status_code == 303
    assert sorted(row.platform for row in await site.connections()) == ["bluesky", "mastodon"]


async def test_an_app_password_is_typed_on_our_page(site: Site, browser: Browser) -> None:
    link = await ticket(site, BLUESKY, method=ConnectBy.APP_PASSWORD, fields={"identifier": Secret("alice.test")})
    page = await browser.get(link.url)
    assert form_in(page).fields == {"identifier": "alice.test", "password": "", "service": ""}
    assert form_in(page).kinds["password"] == "password"
    assert "form-action 'self'\n" in page.headers["content-security-policy"] + "\n"
    typed = {"password": "not-the-password", "service": site.sandbox.bluesky_url}

    refused = await browser.send(page, typed)
    assert refused.status_code == 422
    assert "not-the-password" not in refused.text
    assert form_in(refused).fields["service"] == site.sandbox.bluesky_url
    assert await site.connections() == []

    done = await browser.send(refused, {"password": "alice-test-app-pass"})
    assert done.status_code == 200
    assert "Bluesky is connected" in done.text
    assert [row.method for row in await site.connections()] == ["app_password"]
    assert "alice-test-app-pass" not in site.log.getvalue()


async def test_a_server_that_is_none_is_named_on_the_form(site: Site, browser: Browser) -> None:
    page = await browser.get((await ticket(site, MASTODON)).url)
    refused = await browser.send(page, {"instance": "not a server"})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert form_in(refused).fields == {"instance": "not a server"}
    assert await site.connections() == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a neighbour"),
        pytest.param({"Origin": "https://evil.example"}, id="an older browser on another site"),
        pytest.param({"Origin": "null"}, id="a page without an origin"),
        pytest.param({}, id="nothing said"),
    ],
)
@pytest.mark.parametrize("path", ["", "/accounts"])
async def test_a_form_of_another_page_is_refused(
    site: Site, browser: Browser, headers: dict[str, str], path: str
) -> None:
    link = await ticket(site, MASTODON)
    answer = await browser.http.post(f"{link.url}{path}", data=MASTODON.typed(site), headers=headers)
    assert answer.status_code == 403
    assert "FOREIGN_FORM" in answer.text
    assert "set-cookie" not in answer.headers
    assert await site.owner.fetchval("SELECT state FROM oauth_flows WHERE id = $1", link.flow_id) == "offered"


async def test_an_older_browser_says_its_origin_only(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    answer = await browser.http.post(link.url, data=MASTODON.typed(site), headers={"Origin": site.url})
    assert answer.status_code == 303


async def test_a_form_is_small(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    typed = {"instance": "x" * 70_000}
    answer = await browser.http.post(link.url, data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 413


async def test_a_look_at_the_callback_does_not_use_it_up(site: Site, browser: Browser) -> None:
    callback = await decide(browser, await agree(site, browser, MASTODON, await ticket(site, MASTODON)), "bob")
    assert (await browser.http.head(callback)).status_code == 405
    assert (await browser.get(callback)).status_code == 303


async def test_the_page_moves_to_where_the_callback_comes(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    answer = await browser.get(link.url.replace("127.0.0.1", "localhost"))
    assert answer.status_code == 307
    assert answer.headers["location"] == link.url


async def test_the_cookie_is_for_this_flow_and_this_server(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    answer = await browser.send(await browser.get(link.url), MASTODON.typed(site))
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == f"postd-flow-{link.flow_id.hex[-12:]}"
    assert rest.split("; ")[1:] == ["HttpOnly", "Max-Age=900", "Path=/", "SameSite=lax"]
    secret = rest.split("; ")[0].partition(".")[2]
    kept = await site.owner.fetchval("SELECT cookie_hash FROM oauth_flows WHERE id = $1", link.flow_id)
    assert kept == digest(secret)
