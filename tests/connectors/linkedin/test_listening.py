"""Being told what happens on an organization's page, against the simulated LinkedIn."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connectors.contract import Subscribed
from connectors.faults import FaultKind, PlatformFault
from connectors.linkedin.capabilities import PAGES_APP
from connectors.linkedin.connector import LinkedIn
from tests.connectors.linkedin.connection import LinkedInHarness
from tests.connectors.receiving import deliveries
from tests.connectors.suite import Story


async def listen(story: Story, page: LinkedInHarness, address: str = "") -> Subscribed:
    return await LinkedIn().listen(story.cx, story.access, address or await page.receiver())


async def comment(page: LinkedInHarness) -> list[int]:
    said = await page.controls.ask("POST", "/comments", {"platform": "linkedin", "handle": page.page, "text": "hi"})
    told: list[int] = said["told"]
    return told


async def test_only_what_is_subscribed_is_told(story: Story, page: LinkedInHarness) -> None:
    assert page.told is not None
    assert await comment(page) == []
    found = await listen(story, page)
    assert await comment(page) == [200]
    (sent,) = deliveries(page.told)
    (notice,) = json.loads(sent.body)["notifications"]
    assert (notice["action"], notice["organizationalEntity"]) == ("COMMENT", story.access.account.external_id)
    await LinkedIn().stop_listening(story.cx, story.access, found.to)
    assert await comment(page) == []


async def test_another_address_is_put_in_place_of_the_one_before(story: Story, page: LinkedInHarness) -> None:
    address = await page.receiver()
    await listen(story, page, address)
    await page.controls.ask("POST", "/webhooks", {"platform": "linkedin", "url": f"{address}/moved"})
    assert (await listen(story, page, f"{address}/moved")).anew
    assert not (await listen(story, page, f"{address}/moved")).anew


async def test_an_address_that_is_not_in_the_developer_portal_is_refused_in_linkedins_words(
    story: Story, page: LinkedInHarness
) -> None:
    with pytest.raises(PlatformFault) as caught:
        await listen(story, page, "http://127.0.0.1:1/elsewhere")
    assert "not validated" in (caught.value.fault.words or caught.value.fault.message)


async def test_without_the_applications_number_nothing_is_sent(story: Story, page: LinkedInHarness) -> None:
    page.apps[PAGES_APP] = replace(page.apps[PAGES_APP], extra={})
    with pytest.raises(PlatformFault, match="number") as caught:
        await LinkedIn().listen(page.context(), story.access, "https://postd.example/webhooks/linkedin")
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER
    assert "POSTD_APPS__LINKEDIN_PAGES" in caught.value.fault.hint
    assert [one for one in page.exchanges if "eventSubscriptions" in one.url] == []


async def test_there_is_nothing_to_listen_to_for_members(members_story: Story) -> None:
    tokens, account = members_story.access.tokens, members_story.access.account
    assert members_story.capabilities.listening_by(tokens.method, account.kind) is None
