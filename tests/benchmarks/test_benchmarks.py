from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.fixtures.servers import Services

PROJECT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path.stem for path in (PROJECT / "benchmarks").glob("*.py") if path.stem != "__init__")


@pytest.fixture
def empty_redis(redis_url: str) -> str:
    """Give a database without what earlier tests have left there: a benchmark takes no other."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    return redis_url


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCRIPTS)
def test_each_runs_and_prints_its_ratio(name: str, services: Services, empty_redis: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "POSTD_DATABASE_URL": services.database_url,
        "POSTD_REDIS_URL": empty_redis,
        "POSTD_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith(f"RATIO {name}")


def test_all_are_run() -> None:
    pages = ["graphql_job", "graphql_page"]
    assert ["claims", "due_lag", "fanout", *pages, "pipeline", "webhook_accept", "workers"] == SCRIPTS
