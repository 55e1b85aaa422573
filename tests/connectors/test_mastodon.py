"""The Mastodon connector passes the conformance suite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.mastodon.connection import MastodonHarness, mastodon_account
from tests.connectors.suite import ConnectorSuite


@pytest.fixture
async def harness(platforms: Sandbox) -> AsyncIterator[MastodonHarness]:
    async with mastodon_account(platforms.mastodon_url) as account:
        yield account


class TestMastodon(ConnectorSuite):
    """The suite, on the simulated instance."""
