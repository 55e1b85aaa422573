"""The installed versions stand above every advisory that touches how POSTD uses the library."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.version import Version

PROJECT = Path(__file__).resolve().parents[1]
LOCK = (PROJECT / "requirements.lock").read_text()

FLOORS = {
    # library: first version without the fault, and where it is written
    "strawberry-graphql": ("0.327.2", "CVE-2026-35523, CVE-2026-35526, CVE-2026-107727 (GHSA-m952-2w3f-6r8h)"),
    "pydantic-settings": ("2.14.2", "GHSA-4xgf-cpjx-pc3j"),
    "starlette": ("1.0.1", "PYSEC-2026-161; before it CVE-2025-62727 (GHSA-7f5h-v6xp-fcq8)"),
    "cryptography": ("46.0.7", "CVE-2026-39892 (GHSA-p423-j2cm-9vmq)"),
    "python-multipart": ("0.0.18", "CVE-2024-53981 (GHSA-59g5-xgcq-4qw3)"),
    "h11": ("0.16.0", "CVE-2025-43859 (GHSA-vqfr-h8mv-ghfj)"),
    "jinja2": ("3.1.6", "CVE-2025-27516 (GHSA-cpwx-vrp4-4pq7)"),
    "urllib3": ("2.7.0", "PYSEC-2026-141; before it CVE-2026-21441 (GHSA-38jv-5279-wg99)"),
}
NOT_USED = {
    "httpx": "httpx2 is its maintained successor; only test tools may bring it",
    "pyjwt": "joserfc is used; below 2.13 PyJWT has CVE-2026-48523",
    "authlib": "the OAuth flow is our own; below 1.6.9 Authlib has CVE-2026-28490",
    "python-jose": "joserfc is used",
}


@pytest.mark.parametrize("library", FLOORS)
def test_the_installed_version_is_not_a_known_faulty_one(library: str) -> None:
    floor, advisory = FLOORS[library]
    assert Version(metadata.version(library)) >= Version(floor), advisory


@pytest.mark.parametrize("library", NOT_USED)
def test_a_library_decided_against_is_not_in_the_product(library: str) -> None:
    assert f"\n{library}==" not in "\n" + LOCK, NOT_USED[library]


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_names_no_registry(file: str) -> None:
    assert "://" not in (PROJECT / file).read_text()


def test_the_product_runs_on_the_very_versions_that_the_tests_run_on() -> None:
    pins = {line.split(" ")[0] for line in LOCK.splitlines() if "==" in line}
    dev_pins = {line.split(" ")[0] for line in (PROJECT / "requirements-dev.lock").read_text().splitlines()}
    assert pins - dev_pins == set()
