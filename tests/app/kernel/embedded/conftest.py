"""Data folders of a test's own, with every process in them gone at the end.

They lie where other users may pass through, unlike pytest's own folders: as root the servers are another user.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel.embedded.attach import attach
from app.kernel.embedded.stop import stop
from tests.app.kernel.embedded.folders import GRACE, wait_for_end


@pytest.fixture
def new_data() -> Iterator[Path]:
    """Give a folder that does not exist yet."""
    with tempfile.TemporaryDirectory(prefix="postd-embedded-") as name:
        Path(name).chmod(0o755)
        folder = Path(name).resolve() / "data"
        yield folder
        stop(folder)
        wait_for_end(folder)


@pytest.fixture(scope="session")
def used_data() -> Iterator[Path]:
    """Give a folder whose servers were up once and are down."""
    with tempfile.TemporaryDirectory(prefix="postd-embedded-") as name:
        Path(name).chmod(0o755)
        folder = Path(name).resolve() / "data"
        with attach(folder, fast=True, grace=GRACE):
            pass
        wait_for_end(folder)
        yield folder


@pytest.fixture
def data(new_data: Path, used_data: Path) -> Path:
    """Give a copy of a used folder: a later start takes a tenth of the first one's time."""
    subprocess.run(["cp", "-a", used_data, new_data], check=True)
    return new_data
