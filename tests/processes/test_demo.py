"""The demo's story is a test: real servers, simulated platforms, a killed worker, a lost answer; each post once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.processes.parts import start

LONGEST = 170


@pytest.mark.timeout(LONGEST + 30)
async def test_the_story_ends_with_every_post_exactly_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {"POSTD_DATA_DIR": str(data), "NO_COLOR": "1", "COLUMNS": "200"}
    story = start("demo", ["-m", "app.cli", "demo", "--once"], environment, tmp_path)
    try:
        status = await asyncio.to_thread(story.ended, LONGEST)
    finally:
        story.kill()
        stop = start("stop", ["-m", "app.kernel.embedded.stop", str(data)], {}, tmp_path)
        await asyncio.to_thread(stop.ended, 30)
    told = story.log.read_text()
    assert status == 0, told[-3000:]
    assert "Every post is on its platforms exactly once" in told
    assert "The account is connected again: what waited for it goes out." in told
