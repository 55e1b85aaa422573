"""Clients of the simulated Mastodon instance."""

from __future__ import annotations

import httpx2
import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import Control
from tests.connectors.sandbox.mastodon.client import MastodonClient


@pytest.fixture
async def bob(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> MastodonClient:
    """Bob, with a token that may read and write."""
    granted = await control.ask("POST", "/tokens", {"platform": "mastodon", "handle": "bob"})
    return MastodonClient(http, sandbox.mastodon_url, granted["access_token"])
