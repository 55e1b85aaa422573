"""A run of all tests fails where a platform's requests were never checked against its own description."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHECKS = """
from connectors.sandbox.gate import checks_made

def test_these():
    checks_made.update(dict.fromkeys({platforms!r}, 2))

def test_nothing():
    pass
"""
ALL = ("bluesky", "facebook", "instagram", "linkedin", "mastodon")
LACKING = "No request was checked against the description of: linkedin, mastodon"


def run(folder: Path, platforms: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a suite of its own, whose tests check requests of these platforms."""
    (folder / "suite").mkdir()
    (folder / "suite" / "test_checks.py").write_text(CHECKS.format(platforms=platforms))
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = suite\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.fixtures.descriptions",
        "-p",
        "no:cacheprovider",
        *arguments,
    ]
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=paths, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_run_of_all_tests_without_a_platform_fails_and_names_it(tmp_path: Path, processes: str) -> None:
    done = run(tmp_path, ALL[:3], "-n", processes)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert LACKING in done.stdout
    assert "2 passed" in done.stdout


def test_a_run_of_some_tests_may_leave_platforms_out(tmp_path: Path) -> None:
    done = run(tmp_path, ALL[:3], "-k", "these", "-n", "2")
    assert done.returncode == 0, done.stdout
    assert "bluesky 2, facebook 2, instagram 2" in done.stdout
    assert "No request was checked" not in done.stdout


def test_a_run_of_all_tests_with_every_platform_is_well(tmp_path: Path) -> None:
    done = run(tmp_path, ALL, "-n", "0")
    assert done.returncode == 0, done.stdout
    assert "bluesky 2, facebook 2, instagram 2, linkedin 2, mastodon 2" in done.stdout
