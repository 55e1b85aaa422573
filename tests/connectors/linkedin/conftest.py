"""A page and a member of the simulated LinkedIn, connected."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.capabilities import ConnectBy
from connectors.sandbox.server import Sandbox
from tests.connectors.linkedin.connection import LinkedInHarness, linkedin_account
from tests.connectors.suite import Story


@pytest.fixture
async def page(platforms: Sandbox) -> AsyncIterator[LinkedInHarness]:
    """A page, by the application for pages."""
    async with linkedin_account(platforms) as harness:
        yield harness


@pytest.fixture
async def member(platforms: Sandbox) -> AsyncIterator[LinkedInHarness]:
    """A member, by the application that anybody can make: it posts, and may not read."""
    async with linkedin_account(platforms, page=False, by=ConnectBy.OAUTH) as harness:
        yield harness


@pytest.fixture
async def story(page: LinkedInHarness) -> Story:
    """The page's story."""
    return Story(page, page.context(), await page.connect())


@pytest.fixture
async def members_story(member: LinkedInHarness) -> Story:
    """The member's story."""
    return Story(member, member.context(), await member.connect())
