"""A migrated database of the commands' own, and a way to run `postd` as an operator does."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import uuid4

import pytest

from app.domain.tables import metadata
from app.services import schema
from app.services.vault import generate_key
from tests.app.cli.forked import Forked, forked
from tests.fixtures.servers import PREFIX, Services

Postd = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
async def migrated(services: Services) -> AsyncIterator[str]:
    name = f"{PREFIX}{os.getpid()}_{uuid4().hex[:8]}"
    await schema.create_database(services.database_url, name)
    url = schema.named(services.database_url, name)
    await asyncio.to_thread(schema.upgrade, url, metadata())
    yield url
    await schema.drop_database(services.database_url, name)


@pytest.fixture(scope="module")
def environment(migrated: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        "POSTD_DATABASE_URL": migrated,
        "POSTD_REDIS_URL": redis_url,
        "POSTD_VAULT_KEYS": generate_key(),
        "POSTD_ENVIRONMENT": "development",
        "POSTD_MEDIA_STORE": f"file:{tmp_path_factory.mktemp('media')}",
    }


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """Give the process that has made the imports of `postd`."""
    with forked(tmp_path_factory.mktemp("said")) as process:
        yield process


@pytest.fixture(scope="module")
def postd(imported: Forked, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Postd:
    """Run the command in an empty folder; keyword arguments change its environment, None takes a variable away."""
    folder = tmp_path_factory.mktemp("cwd")

    def run(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        wanted = {**os.environ, **environment, **changes}
        return imported.run(arguments, {name: value for name, value in wanted.items() if value is not None}, folder)

    return run
