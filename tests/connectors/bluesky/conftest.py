"""Each test of this folder has an account of its own on the simulated Bluesky."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest

from connectors.capabilities import ConnectBy
from connectors.sandbox.server import Sandbox
from connectors.transport import Transport
from tests.connectors.bluesky.server import BlueskyHarness, pool

_NUMBERS = count(1)


@pytest.fixture
def by() -> ConnectBy:
    """How the account is connected; a test file may say otherwise."""
    return ConnectBy.APP_PASSWORD


@pytest.fixture
async def harness(platforms: Sandbox, by: ConnectBy) -> AsyncIterator[BlueskyHarness]:
    handle = f"user{next(_NUMBERS)}.test"
    async with pool() as http:
        body = {"platform": "bluesky", "handle": handle, "name": "Test Person"}
        answer = await Transport(http).send("POST", f"{platforms.bluesky_url}/_sandbox/accounts", json=body)
        assert answer.status == 201, answer.body
        yield BlueskyHarness(platforms.bluesky_url, handle, answer.json()["password"], http, by)
