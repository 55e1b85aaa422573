"""One installation for all tests of this folder; each test gets a whole crew and a workspace of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator

import pytest

from app.services import schema
from tests.fixtures.servers import PREFIX, Services
from tests.processes.installation import Installation, installed
from tests.processes.workspace import Workspace


@pytest.fixture(scope="package")
async def running_installation(
    services: Services, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """Give an installation on a database of its own."""
    name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
    await schema.create_database(services.database_url, name)
    url = schema.named(services.database_url, name)
    try:
        async with installed(url, redis_url, tmp_path_factory.mktemp("installation")) as installation:
            yield installation
    finally:
        await schema.drop_database(services.database_url, name)


@pytest.fixture
async def installation(running_installation: Installation) -> AsyncIterator[Installation]:
    """Give the installation with one worker and one scheduler running; a failure shows their last words."""
    await running_installation.crew()
    try:
        yield running_installation
    finally:
        print(running_installation.words())  # noqa: T201 -- pytest shows it with a failure only


@pytest.fixture
async def workspace(installation: Installation) -> AsyncIterator[Workspace]:
    """Give an empty workspace."""
    async with installation.workspace() as workspace:
        yield workspace
