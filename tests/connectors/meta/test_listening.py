"""Being told what happens on pages and Instagram accounts, against the simulated Meta."""

from __future__ import annotations

import json

import pytest

from connectors.contract import Access
from connectors.facebook.connector import Facebook
from connectors.faults import FaultKind, PlatformFault
from connectors.instagram.connector import Instagram
from connectors.meta.graph import page_graph
from connectors.meta.subscriptions import subscribe, subscribe_app
from connectors.meta.webhooks import INSTAGRAM_LOGIN, META
from connectors.sandbox.meta.hosts import INSTAGRAM_APP, META_APP
from connectors.secret import Secret
from tests.connectors.meta.connection import MetaHarness
from tests.connectors.receiving import VERIFY_TOKEN, deliveries, receiving
from tests.connectors.suite import Story

NOWHERE = "https://postd.example/webhooks/meta"


async def comment(harness: MetaHarness, kind: str) -> list[int]:
    body = {"platform": "meta", "handle": harness.handle, "kind": kind, "text": "hi"}
    told: list[int] = (await harness.controls.ask("POST", "/comments", body))["told"]
    return told


async def give_addresses(story: Story, url: str) -> None:
    for about in ("page", "instagram"):
        await subscribe_app(story.cx, about, f"{url}/webhooks/meta", Secret(VERIFY_TOKEN))


async def test_a_page_tells_what_it_is_subscribed_to(page: MetaHarness, facebook: Story) -> None:
    async with receiving(META, [META_APP.secret]) as server:
        await give_addresses(facebook, server.url)
        assert await comment(page, "facebook") == []
        found = await Facebook().listen(facebook.cx, facebook.access, NOWHERE)
        assert await comment(page, "facebook") == [200]
        (delivery,) = deliveries(server)
        (entry,) = json.loads(delivery.body)["entry"]
        assert entry["id"] == facebook.access.account.external_id
        await Facebook().stop_listening(facebook.cx, facebook.access, found.to)
        assert await comment(page, "facebook") == []
    assert found.to == (f"meta:page:{facebook.access.account.external_id}",)


async def test_an_account_behind_a_page_needs_the_pages_subscription_and_its_own(
    account: MetaHarness, instagram: Story
) -> None:
    async with receiving(META, [META_APP.secret]) as server:
        await give_addresses(instagram, server.url)
        found = await Instagram().listen(instagram.cx, instagram.access, NOWHERE)
        assert await comment(account, "instagram") == [200]
        await Instagram().stop_listening(instagram.cx, instagram.access, found.to)
        assert await comment(account, "instagram") == []
    page = instagram.access.tokens.extra["page_id"].reveal()
    assert found.to == (f"meta:page:{page}",)


async def test_where_the_accounts_own_is_refused_the_pages_stands_with_a_doubt(
    account: MetaHarness, instagram: Story
) -> None:
    error = {"error": {"message": "(#100) Unsupported post request.", "code": 100, "type": "GraphMethodException"}}
    path = f"*/{instagram.access.account.external_id}/subscribed_apps"
    await account.order({"kind": "status", "status": 400, "body": error}, path)
    found = await Instagram().listen(instagram.cx, instagram.access, NOWHERE)
    assert found.doubt is not None
    assert found.doubt.kind is FaultKind.INVALID_CONTENT
    assert (len(found.to), found.anew) == (1, True)


async def test_an_account_by_its_own_sign_in_is_told_of_by_the_instagram_application(own: MetaHarness) -> None:
    cx, access = own.context(), await own.connect()
    async with receiving(INSTAGRAM_LOGIN, [INSTAGRAM_APP.secret]) as server:
        body = {"platform": "meta", "app": "instagram", "url": server.url, "verify_token": VERIFY_TOKEN}
        await own.controls.ask("POST", "/webhooks", body)
        first = await Instagram().listen(cx, access, NOWHERE)
        again = await Instagram().listen(cx, access, NOWHERE)
        assert await comment(own, "instagram") == [200]
        await Instagram().stop_listening(cx, access, first.to)
        assert await comment(own, "instagram") == []
    assert (first.to, first.anew, again.anew) == ((f"instagram:{access.account.external_id}",), True, False)


async def test_fields_that_somebody_else_asked_for_stay(page: MetaHarness, facebook: Story) -> None:
    graph, node = page_graph(facebook.cx, facebook.access), facebook.access.account.external_id
    await subscribe(graph, node, ["messages"])
    await Facebook().listen(facebook.cx, facebook.access, NOWHERE)
    said = await graph.get(f"{node}/subscribed_apps")
    assert said["data"] == [{"id": META_APP.client_id, "subscribed_fields": ["feed", "mention", "messages"]}]


async def test_without_the_right_meta_refuses(page: MetaHarness, facebook: Story) -> None:
    await page.order({"kind": "status", "status": 403}, "*/subscribed_apps")
    with pytest.raises(PlatformFault) as caught:
        await Facebook().listen(facebook.cx, facebook.access, NOWHERE)
    assert caught.value.fault.kind is FaultKind.PERMISSION_MISSING


async def test_an_address_that_does_not_answer_the_challenge_is_refused(facebook: Story) -> None:
    async with receiving(META, [META_APP.secret]) as server:
        with pytest.raises(PlatformFault):
            await subscribe_app(facebook.cx, "page", f"{server.url}/webhooks/meta", Secret("another-token"))


async def test_a_page_that_is_not_there_any_more_is_told_of_by_nobody(facebook: Story) -> None:
    access: Access = facebook.access
    await Facebook().stop_listening(facebook.cx, access, ["meta:page:404"])
