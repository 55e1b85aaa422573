"""Instagram's own sign-in: one account, a token that is renewed in the middle of its life."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.capabilities import ConnectBy
from connectors.contract import Access, Published, PublishedRef
from connectors.faults import FaultKind, PlatformFault
from connectors.sandbox.server import Sandbox
from tests.connectors.meta.connection import MetaHarness, meta_account
from tests.connectors.suite import Story


async def test_the_account_that_signed_in_is_the_grant(own: MetaHarness) -> None:
    (only,) = await own.granted()
    assert (only.platform, only.account.handle, only.account.kind) == (None, own.handle, "business")
    assert only.account.owner_id == only.tokens.extra["user_id"].reveal()
    assert only.account.owner_id != only.account.external_id
    assert only.tokens.method is ConnectBy.OAUTH
    assert "instagram_business_content_publish" in only.tokens.scopes


async def test_it_is_the_same_account_by_either_way(own: MetaHarness) -> None:
    (direct,) = await own.granted()
    own.by = ConnectBy.PAGE
    through_page = next(one for one in await own.granted() if one.platform == "instagram")
    assert through_page.account.external_id == direct.account.external_id


async def test_the_dialog_asks_for_its_own_rights(own: MetaHarness) -> None:
    asked = dict(parse_qsl(urlsplit((await own.begin()).url).query))
    assert asked["scope"].split(",")[0] == "instagram_business_basic"
    assert (asked["force_reauth"], asked["enable_fb_login"]) == ("true", "0")


async def test_the_token_is_renewed_before_it_dies(own: MetaHarness) -> None:
    access = await own.connect()
    tokens = access.tokens
    assert tokens.refresh == tokens.access
    assert tokens.expires_at is not None
    assert tokens.refresh_expires_at is not None
    left = tokens.refresh_expires_at - own.context().now()
    assert timedelta(days=59) < left <= timedelta(days=60)
    assert timedelta(days=29) < tokens.refresh_expires_at - tokens.expires_at < timedelta(days=31)


async def test_a_token_of_the_first_day_is_not_renewed(own: MetaHarness) -> None:
    access = await own.connect()
    with pytest.raises(PlatformFault) as caught:
        await own.connector.refresh(own.context(), access)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_publishing_works_on_its_own_host(own: MetaHarness) -> None:
    story = Story(own, own.context(), await own.connect())
    ref = await story.publish(story.task("By itself"))
    below = await story.publish(story.task("First", root=ref, parent=ref))
    assert [(post["id"], post["text"], post["reply_to"]) for post in await own.shown()] == [
        (ref.id, "By itself", None),
        (below.id, "First", ref.id),
    ]
    assert not any("graph.facebook.com" in item.url for item in own.exchanges)
    assert not any("appsecret_proof" in item.url for item in own.exchanges)


async def test_posts_are_not_deleted_by_it_but_comments_are(own: MetaHarness) -> None:
    story = Story(own, own.context(), await own.connect())
    ref = await story.publish(story.task("Stays"))
    below = await story.publish(story.task("Goes", root=ref, parent=ref))
    await own.connector.delete(story.cx, story.access, below)
    with pytest.raises(PlatformFault) as caught:
        await own.connector.delete(story.cx, story.access, ref)
    assert caught.value.fault.kind is FaultKind.POLICY
    assert [post["id"] for post in await own.shown() if post["deleted_at"] is None] == [ref.id]


async def test_check_and_figures_work_on_its_own_host(own: MetaHarness) -> None:
    access = await own.connect()
    account = await own.connector.check(own.context(), access)
    assert account == access.account
    figures = await own.connector.account_metrics(own.context(), access)
    assert figures.values["followers"] == 0


async def test_a_post_that_is_out_already_is_looked_up(own: MetaHarness) -> None:
    story = Story(own, own.context(), await own.connect())
    task = await story.ready(story.task("Once"))
    first = await story.send(task)
    assert isinstance(first, Published)
    resumed = await story.ready(task)
    again = await story.send(resumed)
    assert isinstance(again, Published)
    assert again.ref == PublishedRef(first.ref.id, first.ref.url, first.ref.extra)
    assert len(await own.shown()) == 1


async def test_a_cancelled_dialog_is_told_apart(own: MetaHarness) -> None:
    redirect = await own.begin()
    with pytest.raises(PlatformFault) as caught:
        await own.come_back(redirect, {"error": "access_denied", "error_reason": "user_denied"})
    assert caught.value.fault.kind is FaultKind.PERMISSION_MISSING


async def test_the_token_is_renewed_from_the_second_day_on(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram") as own:
        access = await own.connect()
        await own.controls.ask("POST", "/clock", {"advance": 25 * 3600})
        fresh = await own.connector.refresh(own.context(), access)
        assert fresh.access != access.tokens.access
        assert (fresh.scopes, fresh.extra) == (tuple(sorted(access.tokens.scopes)), access.tokens.extra)
        await own.connector.check(own.context(), Access(access.account, fresh))


async def test_a_token_that_has_died_is_not_renewed(alone: Sandbox) -> None:
    async with meta_account(alone.meta_url, "instagram") as own:
        access = await own.connect()
        await own.controls.ask("POST", "/clock", {"advance": 61 * 86_400})
        with pytest.raises(PlatformFault) as caught:
            await own.connector.refresh(own.context(), access)
    assert (caught.value.fault.kind, caught.value.fault.code) == (FaultKind.AUTH_EXPIRED, "190/463")
