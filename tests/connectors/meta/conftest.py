"""A page and an Instagram account of the simulated Meta, connected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.capabilities import ConnectBy
from connectors.sandbox.server import Sandbox
from tests.connectors.meta.connection import MetaHarness, meta_account
from tests.connectors.suite import Story


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Platforms of the test's own, whose clock and switches it may change."""
    async with Sandbox(tmp_path / "alone") as sandbox:
        yield sandbox


@pytest.fixture
async def page(platforms: Sandbox) -> AsyncIterator[MetaHarness]:
    async with meta_account(platforms.meta_url, "facebook") as harness:
        yield harness


@pytest.fixture
async def facebook(page: MetaHarness) -> Story:
    return Story(page, page.context(), await page.connect())


@pytest.fixture
async def account(platforms: Sandbox) -> AsyncIterator[MetaHarness]:
    async with meta_account(platforms.meta_url, "instagram", ConnectBy.PAGE) as harness:
        yield harness


@pytest.fixture
async def instagram(account: MetaHarness) -> Story:
    return Story(account, account.context(), await account.connect())


@pytest.fixture
async def own(platforms: Sandbox) -> AsyncIterator[MetaHarness]:
    async with meta_account(platforms.meta_url, "instagram", ConnectBy.OAUTH) as harness:
        yield harness
