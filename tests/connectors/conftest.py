"""One sandbox with the simulated platforms for all connector tests; each test makes an account of its own in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.sandbox.server import Sandbox


@pytest.fixture(scope="session")
async def platforms(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """The simulated Bluesky and Mastodon on free ports of this machine."""
    async with Sandbox(tmp_path_factory.mktemp("platforms")) as sandbox:
        yield sandbox
