"""An account of the simulated instance, connected."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.mastodon.connection import MastodonHarness, mastodon_account
from tests.connectors.suite import Story


@pytest.fixture
async def account(platforms: Sandbox) -> AsyncIterator[MastodonHarness]:
    async with mastodon_account(platforms.mastodon_url) as harness:
        yield harness


@pytest.fixture
async def story(account: MastodonHarness) -> Story:
    return Story(account, account.context(), await account.connect())
