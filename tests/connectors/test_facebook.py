"""The Facebook connector passes the conformance suite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.meta.connection import MetaHarness, meta_account
from tests.connectors.suite import ConnectorSuite


@pytest.fixture
async def harness(platforms: Sandbox) -> AsyncIterator[MetaHarness]:
    async with meta_account(platforms.meta_url, "facebook") as account:
        yield account


class TestFacebook(ConnectorSuite):
    """The suite, on a page of the simulated Meta."""

    comments = True
