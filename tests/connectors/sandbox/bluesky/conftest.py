"""Clients of the simulated Bluesky."""

from __future__ import annotations

import httpx2
import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import BlueskyClient, DpopClient


@pytest.fixture
async def alice(sandbox: Sandbox, http: httpx2.AsyncClient) -> BlueskyClient:
    """Alice, logged in with her app password."""
    client = BlueskyClient(http, sandbox.bluesky_url)
    await client.log_in()
    return client


@pytest.fixture
def oauth(sandbox: Sandbox, http: httpx2.AsyncClient) -> DpopClient:
    """An OAuth client that has done nothing yet."""
    return DpopClient(http, sandbox.bluesky_url)
