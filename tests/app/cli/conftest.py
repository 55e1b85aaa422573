"""A migrated database of the commands' own, and a way to run `postd` as an operator does."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from app.domain.tables import metadata
from app.services import schema
from app.services.vault import generate_key
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


@pytest.fixture(scope="module")
def postd(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Postd:
    """Run the command in an empty folder; keyword arguments change its environment, None takes a variable away."""
    folder = tmp_path_factory.mktemp("cwd")
    project = str(Path(__file__).resolve().parents[3])

    def run(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        wanted = {**os.environ, **environment, "PYTHONPATH": project, **changes}
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=folder,
            env={name: value for name, value in wanted.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
