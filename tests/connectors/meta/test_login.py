"""One sign-in with Meta: pages and Instagram accounts with tokens of their own, ticked pages, declined rights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from connectors.capabilities import ConnectBy
from connectors.contract import Access, Revocation
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.scopes import FACEBOOK_LOGIN
from tests.connectors.meta.connection import APPS, MetaHarness, callback
from tests.connectors.simulated import fresh_name
from tests.fixtures.served import Browser, form_in


async def add(page: MetaHarness, **account: Any) -> dict[str, Any]:
    """Another page of the same person."""
    body = {"platform": "meta", "handle": fresh_name(), "person": page.handle, **account}
    made: dict[str, Any] = await page.controls.ask("POST", "/accounts", body)
    return made


async def decide(page: MetaHarness, url: str, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Answer the dialog in a browser, with the boxes `without` left unticked."""
    browser = Browser()
    try:
        shown = await browser.get(url)
        assert shown.status_code == 200, shown.text
        person = _person(shown, page.handle)
        form = form_in(shown)
        ticked = {name: value for name, value in form.fields.items() if name not in without}
        origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        answer = await browser.http.post(
            f"{origin}{form.action}", data={**ticked, "account": person, "decision": "allow"}
        )
        assert answer.status_code == 302, answer.text
        return callback(answer.headers["location"])
    finally:
        await browser.close()


def _person(shown: httpx2.Response, handle: str) -> str:
    before = shown.text.split(f"@{handle}<")[0]
    return before.rpartition('value="')[2].partition('"')[0]


async def test_one_login_gives_every_page_and_the_instagram_accounts_behind_them(page: MetaHarness) -> None:
    second = await add(page, kinds=["facebook"])
    await add(page, tasks=["ANALYZE"])
    found = await page.granted()
    assert [(one.platform, one.account.handle, one.tokens.method) for one in found] == [
        ("facebook", page.handle, ConnectBy.OAUTH),
        ("instagram", page.handle, ConnectBy.PAGE),
        ("facebook", second["handle"], ConnectBy.OAUTH),
    ]
    assert len({one.tokens.access for one in found}) == 2
    assert {one.account.owner_id for one in found} == {found[0].tokens.extra["user_id"].reveal()}
    assert found[1].account.external_id != found[0].account.external_id
    assert found[0].tokens.scopes == tuple(sorted(scope.name for scope in FACEBOOK_LOGIN))
    assert found[0].tokens.expires_at is None
    assert (found[0].account.kind, found[1].account.kind) == ("page", "professional")


async def test_pages_are_read_to_the_last_one(page: MetaHarness) -> None:
    for _ in range(101):
        await add(page, kinds=["facebook"])
    assert len(await page.granted()) == 103


async def test_pages_of_a_business_are_read_to_the_last_one(page: MetaHarness) -> None:
    others = [await add(page, kinds=["facebook"], business="Corner Group") for _ in range(101)]
    client = await add(page, business="Another Group", edge="client_pages")
    found = await page.granted()
    handles = [one.account.handle for one in found if one.platform == "facebook"]
    assert handles == [page.handle, *(one["handle"] for one in others), client["handle"]]
    assert [one.account.handle for one in found if one.platform == "instagram"] == [page.handle, client["handle"]]
    assert len({one.tokens.access for one in found if one.platform == "facebook"}) == 103


async def test_a_page_without_the_task_to_publish_is_not_offered_by_its_business_either(page: MetaHarness) -> None:
    analysed = await add(page, tasks=["ANALYZE"], kinds=["facebook"])
    row = {"id": analysed["facebook"], "name": "Analysed", "access_token": "a-token"}
    for path, rows in (("*/me/businesses", [{"id": "77"}]), ("*/77/owned_pages", [row])):
        await page.order({"kind": "status", "status": 200, "body": {"data": rows}}, path, method="GET")
    assert {one.account.handle for one in await page.granted()} == {page.handle}
    assert len([item for item in page.exchanges if "/77/owned_pages" in item.url]) == 1


async def test_without_the_right_no_business_is_asked(page: MetaHarness) -> None:
    await add(page, business="Corner Group")
    redirect = await page.begin()
    found = await page.come_back(redirect, await decide(page, redirect.url, without=("scope:business_management",)))
    assert {one.account.handle for one in found} == {page.handle}
    assert [item.url for item in page.exchanges if "businesses" in item.url] == []


async def test_a_business_that_shows_nothing_stops_no_sign_in(page: MetaHarness) -> None:
    await add(page, business="Corner Group")
    body = {"error": {"message": "(#10) Not enough permission", "code": 10}}
    await page.order({"kind": "status", "status": 403, "body": body}, "*/me/businesses", method="GET")
    assert {one.account.handle for one in await page.granted()} == {page.handle}


async def test_starting_at_instagram_gives_the_same(account: MetaHarness) -> None:
    found = await account.granted()
    assert [one.platform for one in found] == ["facebook", "instagram"]


async def test_a_page_that_is_not_ticked_is_not_shared(page: MetaHarness) -> None:
    second = await add(page, kinds=["facebook"])
    redirect = await page.begin()
    params = await decide(page, redirect.url, without=(f"page:{second['facebook']}",))
    found = await page.come_back(redirect, params)
    assert {one.account.handle for one in found} == {page.handle}


async def test_a_declined_right_is_missing_in_the_grant_and_asked_for_again(page: MetaHarness) -> None:
    first = await page.begin()
    refused = await page.come_back(first, await decide(page, first.url, without=("scope:pages_manage_posts",)))
    again = await page.begin()
    granted = await page.come_back(again, await decide(page, again.url))
    assert "pages_manage_posts" not in refused[0].tokens.scopes
    assert "pages_manage_posts" in granted[0].tokens.scopes


async def test_without_the_list_of_pages_there_is_nothing_to_choose(page: MetaHarness) -> None:
    redirect = await page.begin()
    with pytest.raises(PlatformFault) as caught:
        await page.come_back(redirect, await decide(page, redirect.url, without=("scope:pages_show_list",)))
    assert caught.value.fault.kind is FaultKind.PERMISSION_MISSING
    assert "tick the pages" in caught.value.fault.hint


async def test_pages_without_an_instagram_account_are_no_answer_to_instagram(account: MetaHarness) -> None:
    other = await add(account, kinds=["facebook"], person=fresh_name())
    account.handle = other["handle"]
    with pytest.raises(PlatformFault, match="Instagram professional account") as caught:
        await account.granted()
    assert caught.value.fault.kind is FaultKind.PERMISSION_MISSING


async def test_a_configuration_stands_in_place_of_scopes(page: MetaHarness) -> None:
    page.apps = {"meta": replace(APPS["meta"], extra={"config_id": "123"})}
    redirect = await page.begin()
    asked = dict(parse_qsl(urlsplit(redirect.url).query))
    assert (asked["config_id"], asked.get("scope"), asked["auth_type"]) == ("123", None, "rerequest")
    assert len(await page.come_back(redirect, await decide(page, redirect.url))) == 2


async def test_a_code_that_was_used_is_refused_without_secrets(page: MetaHarness) -> None:
    redirect = await page.begin()
    params = await decide(page, redirect.url)
    await page.come_back(redirect, params)
    with pytest.raises(PlatformFault) as caught:
        await page.come_back(redirect, params)
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER
    assert params["code"] not in repr(caught.value.fault)


async def test_without_an_application_nobody_can_sign_in(page: MetaHarness) -> None:
    page.apps = {}
    with pytest.raises(PlatformFault, match="no Meta application"):
        await page.begin()


async def test_a_dead_page_token_is_derived_again(page: MetaHarness) -> None:
    access = await page.connect()
    await page.order({"kind": "expire_token"}, "*", "GET")
    with pytest.raises(PlatformFault) as caught:
        await page.connector.check(page.context(), access)
    assert caught.value.fault.code == "190/463"
    fresh = await page.connector.refresh(page.context(), access)
    assert fresh.access != access.tokens.access
    assert (fresh.extra, fresh.refresh) == (access.tokens.extra, access.tokens.refresh)
    await page.connector.check(page.context(), Access(access.account, fresh))


async def test_when_the_person_is_gone_only_they_can_mend_it(page: MetaHarness) -> None:
    access = await page.connect()
    await page.controls.ask("DELETE", "/tokens", {"platform": "meta", "handle": page.handle})
    with pytest.raises(PlatformFault) as caught:
        await page.connector.refresh(page.context(), access)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_the_end_of_a_consent_ends_every_page_of_the_person_and_may_be_repeated(page: MetaHarness) -> None:
    await add(page, kinds=["facebook"])
    first, _, second = await page.granted()
    for _ in range(2):
        assert await page.connector.revoke(page.context(), Access(first.account, first.tokens)) == Revocation()
    with pytest.raises(PlatformFault) as caught:
        await page.connector.check(page.context(), Access(second.account, second.tokens))
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_every_request_was_checked_and_keeps_to_the_descriptions(page: MetaHarness) -> None:
    await page.connect()
    found = await page.controls.ask("GET", "/requests?platform=meta")
    mine = [item for item in found["requests"] if item["account"] == page.handle]
    assert [item["contract_violations"] for item in mine if item["contract_violations"]] == []
    assert [check for item in mine for check in item["checked"]] == [
        "facebook: exchange of a code",
        "facebook: exchange of tokens",
        "facebook: GET User/",
        "facebook: GET User/permissions",
        "facebook: GET User/accounts",
        "facebook: GET User/businesses",
    ]
    assert found["checks"]["facebook"] >= 5


async def test_tokens_are_asked_for_as_meta_documents_it_and_no_secret_is_noted(page: MetaHarness) -> None:
    await page.granted()
    asked = [item for item in page.exchanges if "/oauth/access_token" in item.url]
    assert [item.method for item in asked] == ["GET", "GET"]
    secret = APPS["meta"].client_secret
    assert secret is not None
    assert not any(secret.reveal() in f"{item.url}{item.request}" for item in asked)
