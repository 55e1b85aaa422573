"""The Instagram connector passes the conformance suite, on an account that is reached through its page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.capabilities import ConnectBy
from connectors.sandbox.server import Sandbox
from tests.connectors.meta.connection import MetaHarness, meta_account
from tests.connectors.suite import ConnectorSuite


@pytest.fixture
async def harness(platforms: Sandbox) -> AsyncIterator[MetaHarness]:
    async with meta_account(platforms.meta_url, "instagram", ConnectBy.PAGE) as account:
        yield account


class TestInstagram(ConnectorSuite):
    """The suite, on an account of the simulated Meta."""

    comments = True
