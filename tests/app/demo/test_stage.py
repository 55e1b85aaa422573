from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.boot.group import Child, stop_all
from app.demo.main import kill_line
from app.demo.stage import Stage

SLEEPER = [sys.executable, "-c", "import time; time.sleep(120)"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Give a stage with two parts that only wait."""
    parts = [Child("api", SLEEPER), Child("worker", SLEEPER)]
    for part in parts:
        part.start()
    yield Stage(
        "http://127.0.0.1:1", {"bluesky": "http://127.0.0.1:2", "mastodon": "http://127.0.0.1:3"}, parts, tmp_path
    )
    stop_all(parts)


def number(part: Child) -> int:
    assert part.process is not None
    return part.process.pid


def test_nothing_is_started_while_every_part_runs(stage: Stage) -> None:
    before = [number(part) for part in stage.parts]

    assert stage.start_again() == []
    assert [number(part) for part in stage.parts] == before


def test_the_line_on_the_screen_kills_its_part_and_the_stage_starts_it_again(stage: Stage) -> None:
    api, worker = stage.parts
    before = number(api), number(worker)
    assert worker.process is not None

    subprocess.run(["sh", "-c", kill_line(worker)], check=True)
    assert worker.process.wait(60) == -9

    assert stage.start_again() == [worker]
    assert worker.running()
    assert number(worker) != before[1]
    assert number(api) == before[0]
