"""A fresh sandbox for each test, a client, and a handle on its control API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import Control


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Both platforms on free ports, with the seed accounts."""
    async with Sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """A client that follows no redirects and uses no proxy."""
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def control(sandbox: Sandbox, http: httpx2.AsyncClient) -> Control:
    """The control API."""
    return Control(http, sandbox.bluesky_url)
