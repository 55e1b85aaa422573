"""Signing in: which rights are asked for, which accounts are offered, renewal, and the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.capabilities import ConnectBy
from connectors.contract import FinishAuthorization
from connectors.faults import FaultKind, PlatformFault
from connectors.linkedin.capabilities import MEMBER_APP, PAGES_APP
from connectors.sandbox.linkedin import apps
from connectors.sandbox.server import Sandbox
from connectors.secret import Secret
from tests.connectors.linkedin.connection import STATE, LinkedInHarness, credentials, linkedin_account
from tests.connectors.simulated import REDIRECT_URI
from tests.connectors.suite import Story


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def finished(harness: LinkedInHarness, params: dict[str, str]) -> FaultKind:
    redirect = await harness.begin()
    with pytest.raises(PlatformFault) as caught:
        await harness.connector.finish(harness.context(), FinishAuthorization(params, REDIRECT_URI, redirect.flow))
    assert caught.value.fault.hint
    return caught.value.fault.kind


async def test_a_member_is_asked_for_what_everybodys_application_may(member: LinkedInHarness) -> None:
    redirect = await member.begin()
    assert redirect.url.startswith(f"{member.origin}/oauth/v2/authorization?")
    assert query(redirect.url) == {
        "response_type": "code",
        "client_id": "sandbox-member",
        "redirect_uri": REDIRECT_URI,
        "state": STATE,
        "scope": "openid profile w_member_social",
    }


async def test_the_operators_own_list_of_scopes_is_asked_for(member: LinkedInHarness) -> None:
    member.apps[MEMBER_APP] = credentials(apps.MEMBER_APP, MEMBER_APP, "openid,w_member_social")
    assert query((await member.begin()).url)["scope"] == "openid w_member_social"


async def test_without_an_application_nobody_is_sent_away(member: LinkedInHarness) -> None:
    del member.apps[MEMBER_APP]
    with pytest.raises(PlatformFault) as caught:
        await member.begin()
    assert "POSTD_APPS__LINKEDIN__CLIENT_ID" in caught.value.fault.hint


async def test_one_sign_in_gives_the_member_and_the_pages_with_a_posting_role(page: LinkedInHarness) -> None:
    for number, role in enumerate(("CONTENT_ADMINISTRATOR", "ANALYST", "DIRECT_SPONSORED_CONTENT_POSTER")):
        body = {"platform": "linkedin", "handle": f"{page.handle}-{number}", "name": role.title(), "admin": page.handle}
        await page.controls.ask("POST", "/accounts", {**body, "role": role})
    found = [one.account for one in (await page.sign_in()).accounts]
    assert [(one.kind, one.handle, one.name) for one in found] == [
        ("profile", page.handle, "Lina Test"),
        ("page", f"{page.handle}-page", "Test Works"),
        ("page", f"{page.handle}-0", "Content_Administrator"),
    ]
    assert found[0].external_id.startswith("urn:li:person:")
    assert found[1].external_id.startswith("urn:li:organization:")
    assert found[1].url == f"{page.origin}/company/{page.handle}-page/"


async def test_a_page_whose_name_cannot_be_read_is_offered_by_its_number(page: LinkedInHarness) -> None:
    order = {"kind": "status", "platform": "linkedin", "path": "/rest/organizations/*", "status": 503, "times": 1}
    await page.controls.ask("POST", "/faults", order)
    unnamed = (await page.sign_in()).accounts[1].account
    number = unnamed.external_id.removeprefix("urn:li:organization:")
    assert (unnamed.kind, unnamed.handle, unnamed.name) == ("page", number, number)


async def test_a_member_alone_is_known_by_openid(member: LinkedInHarness) -> None:
    (granted,) = (await member.sign_in()).accounts
    assert (granted.account.kind, granted.account.name) == ("profile", "Lina Test")
    assert granted.tokens.refresh is None
    assert granted.tokens.expires_at is not None
    left = granted.tokens.expires_at - datetime.now(UTC)
    assert timedelta(days=59) < left <= timedelta(days=60)


async def test_access_without_renewal_ends_with_a_sign_in(members_story: Story) -> None:
    with pytest.raises(PlatformFault) as caught:
        await members_story.harness.connector.refresh(members_story.cx, members_story.access)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED
    assert "60 days" in caught.value.fault.message


async def test_renewal_keeps_the_refresh_token_and_what_belongs_to_the_grant(story: Story) -> None:
    before = story.access.tokens
    fresh = await story.harness.connector.refresh(story.cx, story.access)
    assert fresh.access != before.access
    assert (fresh.refresh, fresh.method, fresh.extra) == (before.refresh, ConnectBy.PAGE, before.extra)
    assert sorted(fresh.scopes) == sorted(before.scopes)


async def test_a_dead_refresh_token_asks_for_the_member(story: Story, page: LinkedInHarness) -> None:
    await page.controls.ask("DELETE", "/tokens", {"platform": "linkedin", "handle": page.handle})
    with pytest.raises(PlatformFault) as caught:
        await page.connector.refresh(story.cx, story.access)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED


async def test_other_rights_for_the_same_member_end_the_earlier_tokens(story: Story, page: LinkedInHarness) -> None:
    page.apps[PAGES_APP] = credentials(apps.PAGES_APP, PAGES_APP, "r_basicprofile w_member_social")
    await page.sign_in()
    with pytest.raises(PlatformFault) as caught:
        await page.connector.check(story.cx, story.access)
    assert (caught.value.fault.kind, caught.value.fault.code) == (FaultKind.AUTH_EXPIRED, "REVOKED_ACCESS_TOKEN")


async def test_a_lost_role_is_noticed(story: Story, page: LinkedInHarness) -> None:
    await page.status(page.page, "roleless")
    with pytest.raises(PlatformFault) as caught:
        await page.connector.check(story.cx, story.access)
    assert caught.value.fault.kind is FaultKind.PERMISSION_MISSING
    assert "role" in caught.value.fault.message


async def test_access_that_is_another_members_is_not_taken(members_story: Story, platforms: Sandbox) -> None:
    async with linkedin_account(platforms, page=False, by=ConnectBy.OAUTH) as other:
        foreign = replace(members_story.access, tokens=(await other.connect()).tokens)
        with pytest.raises(PlatformFault) as caught:
            await other.connector.check(members_story.cx, foreign)
    assert caught.value.fault.kind is FaultKind.AUTH_EXPIRED


@pytest.mark.parametrize("error", ["user_cancelled_login", "user_cancelled_authorize", "unauthorized_scope_error"])
async def test_a_broken_off_sign_in_is_a_missing_permission(member: LinkedInHarness, error: str) -> None:
    assert await finished(member, {"error": error, "error_description": "No"}) is FaultKind.PERMISSION_MISSING


async def test_a_scope_whose_product_is_missing_fails_on_linkedins_page(member: LinkedInHarness) -> None:
    member.apps[MEMBER_APP] = credentials(apps.MEMBER_APP, MEMBER_APP, "openid w_organization_social")
    answer = await member.context().http.send("GET", (await member.begin()).url)
    assert answer.status == 302
    assert query(answer.headers["location"])["error"] == "unauthorized_scope_error"


async def test_a_code_works_once(member: LinkedInHarness) -> None:
    assert await finished(member, {"code": "AQT-unknown"}) is FaultKind.AUTH_EXPIRED


async def test_a_wrong_client_secret_is_the_operators_matter(member: LinkedInHarness) -> None:
    redirect = await member.begin()
    params = await member.consent(redirect.url)
    member.apps[MEMBER_APP] = replace(member.apps[MEMBER_APP], client_secret=Secret("wrong-secret-canary"))
    with pytest.raises(PlatformFault) as caught:
        await member.connector.finish(member.context(), FinishAuthorization(params, REDIRECT_URI, redirect.flow))
    assert caught.value.fault.code == "invalid_client"
    assert "operator" in caught.value.fault.hint


async def test_a_token_of_one_account_is_revoked(members_story: Story) -> None:
    connector = members_story.harness.connector
    await connector.revoke(members_story.cx, members_story.access)
    with pytest.raises(PlatformFault) as caught:
        await connector.check(members_story.cx, members_story.access)
    assert caught.value.fault.code == "REVOKED_ACCESS_TOKEN"


async def test_a_token_of_which_nobody_knows_who_else_lives_by_it_stays(story: Story) -> None:
    connector, account = story.harness.connector, story.access.account
    assert account.owner_id is not None
    assert account.owner_id.startswith("urn:li:person:")
    unknown = replace(story.access, account=replace(account, owner_id=None))
    assert (await connector.revoke(story.cx, unknown)).told is False
    assert (await connector.check(story.cx, story.access)).external_id == account.external_id
