from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest
from starlette.applications import Starlette

from app.http import connect
from app.kernel.settings import Settings
from connectors.catalog import Catalog
from tests.fixtures.site import Site
from tests.fixtures.world import World


async def test_the_client_describes_itself(site: Site) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.get(f"{site.url}/oauth/client-metadata.json")
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document.pop("client_id").startswith("http://localhost?redirect_uri=")  # development
    assert document == {
        "application_type": "web",
        "client_name": "POSTD",
        "client_uri": site.url,
        "redirect_uris": [f"{site.url}/oauth/bluesky/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "atproto transition:generic",
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": True,
    }


async def test_a_public_client_has_no_keys(site: Site) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.get(f"{site.url}/oauth/jwks.json")
    assert answer.json() == {"keys": []}


@pytest.mark.parametrize("offered", [True, False])
async def test_the_id_is_the_documents_address(world: World, offered: bool) -> None:
    settings = Settings(_env_file=None, public_url="https://postd.example")
    rt = replace(world.rt, settings=settings, catalog=Catalog.load() if offered else Catalog([]))
    transport = httpx2.ASGITransport(Starlette(routes=connect.routes(rt)))
    async with httpx2.AsyncClient(transport=transport, base_url="https://postd.example") as http:
        answer = await http.get("/oauth/client-metadata.json")
    if offered:
        assert answer.json()["client_id"] == "https://postd.example/oauth/client-metadata.json"
        assert answer.json()["redirect_uris"] == ["https://postd.example/oauth/bluesky/callback"]
    else:
        assert answer.status_code == 404
