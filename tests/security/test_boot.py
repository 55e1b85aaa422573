"""What production refuses to start with, and that it starts with sound settings: by the command, as operators do."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.services.vault import generate_key
from tests.processes.parts import Part, start
from tests.security.canaries import password_in

PROJECT = Path(__file__).resolve().parents[2]
PARTS = ["api", "worker", "scheduler"]


@pytest.fixture
def sound(login_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """Give the settings of a sound installation."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {
        "POSTD_DATABASE_URL": login_url,
        "POSTD_REDIS_URL": redis_url,
        "POSTD_VAULT_KEYS": generate_key(),
        "POSTD_PUBLIC_URL": "https://postd.example",
        "POSTD_MEDIA_STORE": f"file:{tmp_path / 'media'}",
        "POSTD_DATA_DIR": str(tmp_path),
        "POSTD_PORT": str(port),
        "POSTD_LOG_LEVEL": "INFO",
    }


def environment(settings: Mapping[str, str | None]) -> dict[str, str]:
    """The environment of a process in production, which is what holds where nothing is said."""
    given = {**os.environ, "PYTHONPATH": str(PROJECT), **settings}
    return {name: value for name, value in given.items() if value is not None}


def together(cases: Sequence[tuple[str, Mapping[str, str | None]]], folder: Path) -> list[tuple[int, str]]:
    """Run several at once: most of the time they are starting."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda case: run(case[0], case[1], folder), cases))


def run(part: str, settings: Mapping[str, str | None], folder: Path) -> tuple[int, str]:
    """Run a part that is expected to end by itself: its exit status, and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", part],
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_everything_that_is_unsafe_is_listed_at_once(sound: dict[str, str], migrated_url: str, tmp_path: Path) -> None:
    key = sound["POSTD_VAULT_KEYS"]
    (tmp_path / "vault_keys").write_text(f"{key}\n")
    unsafe = {"POSTD_DATABASE_URL": migrated_url, "POSTD_PUBLIC_URL": "http://postd.example"}
    secrets = [key.partition(":")[2], password_in(migrated_url), password_in(sound["POSTD_REDIS_URL"])]
    for status, said in together([(part, {**sound, **unsafe}) for part in PARTS], tmp_path):
        assert status == 1
        assert "POSTD does not start in production as it is set up:" in said
        assert "  * The master key is the development key in" in said
        assert "  * POSTD_PUBLIC_URL is http://postd.example." in said
        assert "bypasses row-level security" in said
        assert "Traceback" not in said
        assert not any(len(secret) > 8 and secret in said for secret in secrets)


UNUSABLE: list[tuple[str, str | None, str]] = [
    ("POSTD_VAULT_KEYS", None, "POSTD_VAULT_KEYS must hold the master keys."),
    ("POSTD_DATABASE_URL", "postgresql://nobody:canary-password@127.0.0.1:1/none", "The database cannot be used"),
]


def test_what_cannot_be_used_is_said_in_a_sentence(sound: dict[str, str], tmp_path: Path) -> None:
    cases = [("api", {**sound, name: value}) for name, value, _ in UNUSABLE]
    for (status, said), (_, _, words) in zip(together(cases, tmp_path), UNUSABLE, strict=True):
        assert status == 1
        assert words in said
        assert "Traceback" not in said
        assert "canary-password" not in said
        assert sound["POSTD_VAULT_KEYS"].partition(":")[2] not in said


async def test_a_sound_installation_starts_and_shows_strangers_nothing(sound: dict[str, str], tmp_path: Path) -> None:
    api = start("api", ["-m", "app.cli", "api"], environment(sound), tmp_path)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{sound['POSTD_PORT']}") as http:
            answer = await answered(http, api)
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            assert "server" not in answer.headers
            assert (await http.get("/readyz")).json()["ready"] is True
            question: dict[str, Any] = {"query": "{ __schema { types { name } } }"}
            refused = await http.post("/graphql", json=question)
            assert (refused.status_code, refused.json().get("data")) == (401, None)
            mistyped = await http.post("/graphql", json={"query": "{ viewr }"})
            assert "Did you mean" not in mistyped.text
    finally:
        api.ask_to_end()
        assert await asyncio.to_thread(api.ended, 20) in {0, -15}
    said = api.log.read_text()
    assert "boot.not_for_production" not in said
    for secret in (sound["POSTD_VAULT_KEYS"].partition(":")[2], password_in(sound["POSTD_DATABASE_URL"])):
        assert secret not in said


async def answered(http: httpx2.AsyncClient, api: Part) -> httpx2.Response:
    """The first answer of a process that is starting."""
    async with asyncio.timeout(40):
        while True:
            assert api.running, api.words()
            try:
                return await http.get("/livez")
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
