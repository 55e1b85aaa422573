"""Choosing among several accounts that one authorization gave."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import update

from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.flows.connections.connect import Offer, offer
from app.flows.connections.grants import keep_choices
from app.flows.connections.tickets import Ticket, digest, find_ticket
from connectors.contract import Account, AccountGrant, Grant, Tokens
from connectors.secret import Secret
from tests.fixtures.served import Browser, form_in
from tests.fixtures.site import Site

NAMES = ("page", "shop", "club")
GRANT = Grant(
    tuple(
        AccountGrant(
            Account(f"id-{name}", f"@{name}", name.title(), "https://m.example"), Tokens(Secret(f"tok-{name}"))
        )
        for name in NAMES
    )
)


@pytest.fixture
async def link(site: Site, browser: Browser) -> Ticket:
    """Give a link whose way has come to the choice, in the user's browser."""
    made = await offer(site.rt, site.tenant, "key:tests", Offer("mastodon", return_to="/planner"))
    assert isinstance(made, Ticket)
    flow = await find_ticket(site.rt, made.url.rsplit("/", 1)[1])
    await keep_choices(site.rt, flow, GRANT)
    async with site.rt.db.transaction(site.tenant) as session:
        mine = update(OAuthFlow).where(OAuthFlow.id == flow.id)
        await session.execute(mine.values(state_hash=digest(f"state-{flow.id}"), cookie_hash=digest("browser")))
    ticket = made.url.rsplit("/", 1)[1]
    browser.http.cookies.set(f"postd-flow-{flow.id.hex[-12:]}", f"{ticket}.browser", domain="127.0.0.1")
    return made


async def test_the_accounts_are_listed(site: Site, browser: Browser, link: Ticket) -> None:
    page = await browser.get(link.url)
    assert page.status_code == 200
    assert form_in(page).offered == {"account": ["id-page", "id-shop", "id-club"]}
    assert form_in(page).fields == {}
    assert "tok-" not in page.text


async def test_the_chosen_ones_are_connected_and_no_others(site: Site, browser: Browser, link: Ticket) -> None:
    answer = await browser.send(await browser.get(link.url), {"account": ["id-page", "id-club"]})
    assert answer.status_code == 303
    done = await browser.follow(answer)
    assert "Mastodon is connected" in done.text
    assert sorted(row.handle for row in await site.connections()) == ["@club", "@page"]
    again = await browser.http.post(f"{link.url}/accounts", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 303
    assert len(await site.connections()) == 2


@pytest.mark.parametrize("account", [[], ["id-else"], ["id-page", "id-else"]])
async def test_what_was_not_granted_cannot_be_chosen(
    site: Site, browser: Browser, link: Ticket, account: list[str]
) -> None:
    refused = await browser.send(await browser.get(link.url), {"account": account})
    assert refused.status_code == 422
    assert "That account was not granted." in refused.text
    assert form_in(refused).offered == {"account": ["id-page", "id-shop", "id-club"]}
    assert await site.connections() == []


async def test_another_browser_neither_sees_nor_chooses(site: Site, link: Ticket) -> None:
    async with httpx2.AsyncClient() as http:
        page = await http.get(link.url)
        answer = await http.post(
            f"{link.url}/accounts", data={"account": "id-page"}, headers={"Sec-Fetch-Site": "same-origin"}
        )
    assert (page.status_code, answer.status_code) == (410, 410)
    assert "@page" not in page.text
    assert await site.connections() == []


async def test_the_callback_leads_back_to_the_choice(site: Site, browser: Browser, link: Ticket) -> None:
    answer = await browser.get(f"{site.url}/oauth/mastodon/callback?state=state-{link.flow_id}&code=again")
    assert answer.status_code == 303
    assert form_in(await browser.follow(answer)).offered == {"account": ["id-page", "id-shop", "id-club"]}


async def test_a_choice_that_came_too_late(site: Site, browser: Browser, link: Ticket) -> None:
    page = await browser.get(link.url)
    await site.owner.execute(
        "UPDATE oauth_flows SET expires_at = expires_at - $2::interval WHERE id = $1", link.flow_id, timedelta(hours=1)
    )
    assert (await browser.send(page, {"account": "id-page"})).status_code == 410
    state = await site.owner.fetchval("SELECT state FROM oauth_flows WHERE id = $1", link.flow_id)
    assert state == FlowState.CHOOSING
    assert await site.connections() == []
