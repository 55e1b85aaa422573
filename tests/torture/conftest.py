"""One stage for the part of the proof that runs with the other tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.torture.stage import Stage, staged


@pytest.fixture(scope="package")
async def set_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Give the servers, platforms and proxies."""
    async with staged(tmp_path_factory.mktemp("torture")) as stage:
        yield stage


@pytest.fixture
async def stage(set_stage: Stage) -> AsyncIterator[Stage]:
    """Give the stage with one API, one worker and one scheduler; a failure shows their last words."""
    await set_stage.crew()
    try:
        yield set_stage
    finally:
        print(set_stage.words())  # noqa: T201 -- pytest shows it with a failure only
