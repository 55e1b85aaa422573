"""Connecting accounts of a closed platform in a browser: the operator's application, one sign-in, several accounts."""

from __future__ import annotations

import html
import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from app.domain.connections.errors import PlatformNotReady
from app.flows.connections.connect import Offer, offer
from app.flows.connections.tickets import Ticket
from app.flows.runtime import Runtime
from connectors.capabilities import ConnectBy
from connectors.sandbox.linkedin.apps import MEMBER_APP, PAGES_APP
from connectors.sandbox.server import Sandbox
from tests.fixtures.consent import decide
from tests.fixtures.served import Browser, form_in
from tests.fixtures.site import Site, served_api

APPS = {
    "linkedin": {"client_id": MEMBER_APP.client_id, "client_secret": MEMBER_APP.client_secret},
    "linkedin_pages": {"client_id": PAGES_APP.client_id, "client_secret": PAGES_APP.client_secret},
}


@pytest.fixture(scope="module")
async def api(
    migrated_url: str, redis_url: str, sandbox: Sandbox, log: io.StringIO, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """Give an API whose operator has made the applications."""
    folder, more = tmp_path_factory.mktemp("api"), {"apps": APPS, "endpoints": sandbox.endpoints}
    async with served_api(migrated_url, redis_url, sandbox, folder, **more) as rt:
        yield rt


async def begun(site: Site, browser: Browser, *, decision: str = "allow", **wanted: Any) -> str:
    """From our link to the callback's address, with consent given or refused."""
    made = await offer(site.rt, site.tenant, "key:tests", Offer("linkedin", **wanted))
    assert isinstance(made, Ticket)
    answer = await browser.send(await browser.get(made.url), {})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{site.sandbox.url('linkedin')}/oauth/v2/authorization?")
    return await decide(browser, await browser.follow(answer), "carol-example", decision)


async def test_a_member_is_connected_at_once(site: Site, browser: Browser) -> None:
    answer = await browser.follow(await browser.get(await begun(site, browser)))
    assert "LinkedIn is connected" in answer.text
    (row,) = await site.connections()
    assert (row.platform, row.name, row.kind) == ("linkedin", "Carol Example", "profile")
    assert row.external_id.startswith("urn:li:person:")


async def test_the_page_is_chosen_among_the_accounts_of_one_sign_in(site: Site, browser: Browser) -> None:
    choice = await browser.follow(await browser.get(await begun(site, browser, method=ConnectBy.PAGE)))
    member, page = form_in(choice).offered["account"]
    assert member.startswith("urn:li:person:")
    done = await browser.follow(await browser.send(choice, {"account": page}))
    assert "The Corner Bakery" in done.text
    assert [(row.external_id, row.kind) for row in await site.connections()] == [(page, "page")]
    assert PAGES_APP.client_secret not in site.log.getvalue()


async def test_a_member_who_cancels_is_told_so(site: Site, browser: Browser) -> None:
    callback = await begun(site, browser, decision="deny")
    assert "error=user_cancelled_authorize" in callback
    answer = await browser.get(callback)
    assert answer.status_code == 422
    assert "The sign-in was broken off on LinkedIn" in html.unescape(answer.text)
    assert "Connect again and agree on LinkedIn" in html.unescape(answer.text)
    assert await site.connections() == []


async def test_an_application_without_the_product_is_the_operators_to_mend(site: Site, browser: Browser) -> None:
    here = urlsplit(await begun(site, browser))
    (state,) = parse_qs(here.query)["state"]
    refusal = urlencode({"state": state, "error": "unauthorized_scope_error", "error_description": "No <b>such</b>."})
    answer = await browser.get(here._replace(query=refusal).geturl())
    assert "Tell the operator: add the product to the application at LinkedIn" in answer.text
    assert "It said: No &lt;b&gt;such&lt;/b&gt;." in answer.text
    assert await site.connections() == []


async def test_without_the_application_nobody_is_sent_away(
    migrated_url: str, redis_url: str, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with served_api(migrated_url, redis_url, site.sandbox, tmp_path_factory.mktemp("bare")) as bare:
        with pytest.raises(PlatformNotReady) as caught:
            await offer(bare, site.tenant, "key:tests", Offer("linkedin"))
    assert "POSTD_APPS__LINKEDIN__CLIENT_ID" in caught.value.hint
    assert await site.connections() == []
