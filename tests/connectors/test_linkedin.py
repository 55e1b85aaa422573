"""The LinkedIn connector passes the conformance suite, for a page and for a member whose posts may be read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.linkedin.connection import EVERY_RIGHT, LinkedInHarness, linkedin_account
from tests.connectors.suite import ConnectorSuite


@pytest.fixture(params=[True, False], ids=["page", "member"])
async def harness(request: pytest.FixtureRequest, platforms: Sandbox) -> AsyncIterator[LinkedInHarness]:
    async with linkedin_account(platforms, page=request.param, scopes="" if request.param else EVERY_RIGHT) as account:
        yield account


class TestLinkedIn(ConnectorSuite):
    """The suite, on the simulated LinkedIn."""

    comments = True
