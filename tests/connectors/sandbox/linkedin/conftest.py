"""A client of the simulated LinkedIn."""

from __future__ import annotations

import httpx2
import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import Control
from tests.connectors.sandbox.linkedin.client import LinkedInClient


@pytest.fixture
async def carol(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> LinkedInClient:
    """Carol, with every right."""
    return await LinkedInClient.of(http, sandbox.url("linkedin"), control)
