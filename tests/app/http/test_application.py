"""The API process as a whole: its addresses, its start and its end."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.flows.boot import BootRefused
from app.flows.runtime import NotConfigured
from app.kernel.settings import Settings
from app.main import create_app
from app.services.vault import generate_key
from tests.fixtures.served import Browser
from tests.fixtures.site import Site

PROTECTED = {"x-content-type-options": "nosniff", "x-frame-options": "DENY"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/graphql", 200),
        ("/livez", 200),
        ("/metrics", 200),
        ("/static/nothing.js", 404),
        ("/connect/nothing", 410),
        ("/oauth/client-metadata.json", 200),
        ("/oauth/jwks.json", 200),
        ("/media/01a1fbec-47f6-75c5-8515-163350e8a28f", 410),
        ("/media/nothing", 404),
        ("/nothing", 404),
    ],
)
async def test_every_address_is_protected(site: Site, browser: Browser, path: str, status: int) -> None:
    answer = await browser.get(f"{site.url}{path}")
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in PROTECTED} == PROTECTED
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert len(answer.headers["x-request-id"]) == 32


async def test_the_root_is_the_planner(site: Site, browser: Browser) -> None:
    page = await browser.get(site.url)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Planner" in page.text


async def test_a_program_is_answered_by_the_api(site: Site) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(f"{site.url}/graphql", json={"query": "{ viewer { id } }"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"]


async def test_a_large_operation_is_refused(site: Site) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(f"{site.url}/graphql", content=b" " * (256 * 1024 + 1))
    assert answer.status_code == 413


async def test_the_api_answers_sockets(site: Site) -> None:
    url = site.url.replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], origin=None) as socket:
        assert socket.subprotocol == "graphql-transport-ws"


async def test_the_process_is_listed_while_it_runs(site: Site) -> None:
    assert await site.owner.fetchval("SELECT count(*) FROM processes WHERE role = 'api'") == 1


async def start(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        pytest.fail("it started")


async def test_it_does_not_start_without_its_servers() -> None:
    with pytest.raises(NotConfigured, match="POSTD_DATABASE_URL and POSTD_REDIS_URL"):
        await start(Settings(_env_file=None))


async def test_production_does_not_start_unsafe(
    migrated_url: str, redis_url: str, owner: asyncpg.Pool, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None,
        database_url=migrated_url,
        redis_url=redis_url,
        vault_keys=generate_key(),
        media_store=f"file:{tmp_path}",
        data_dir=tmp_path,
    )
    listed = "SELECT count(*) FROM processes"
    before = await owner.fetchval(listed)
    with pytest.raises(BootRefused) as refusal:
        await start(settings)
    text = str(refusal.value)
    assert "  * POSTD_PUBLIC_URL is http://127.0.0.1:8000." in text
    assert "bypasses row-level security" in text
    assert await owner.fetchval(listed) == before
