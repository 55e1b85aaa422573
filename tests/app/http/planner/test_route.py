"""The planner's page as it is served: its policy, its map of modules, and what the first paint weighs."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import httpx2
import pytest
from starlette.applications import Starlette

from app.http import assets, planner, playground
from app.kernel.settings import Settings
from tests.fixtures.site import Site

MODULES = sorted(name for name in assets.assets() if name.startswith("planner/") and name.endswith(".js"))
LIMIT = 100_000
"""Bytes of script, as they go over the wire, until something is painted."""
LONGEST = 250


async def test_the_page_runs_nothing_that_is_written_in_it(site: Site) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.get(site.url)
    [tag, text] = re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL)[0]
    assert tag == ' type="importmap"'
    known = f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    policy = dict(rule.partition(" ")[::2] for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["script-src"] == f"'self' {known}"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {site.url.replace('http', 'ws')}"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_page_may_send_files_to_the_bucket_and_nowhere_else() -> None:
    async def bucket() -> str:
        return "https://bucket.example"

    settings = Settings(_env_file=None, public_url="https://postd.example")
    transport = httpx2.ASGITransport(app=Starlette(routes=planner.routes(settings, bucket)))
    async with httpx2.AsyncClient(transport=transport, base_url="https://postd.example") as http:
        policy = (await http.get("/")).headers["content-security-policy"]
    assert "connect-src 'self' wss://postd.example https://bucket.example;" in policy


async def test_every_address_of_the_page_is_there_and_is_kept_for_a_year(site: Site) -> None:
    async with httpx2.AsyncClient(base_url=site.url) as http:
        page = (await http.get("/")).text
        wanted = {
            *json.loads(planner.import_map())["imports"].values(),
            *re.findall(r'(?:href|src)="(/static/[^"]+)"', page),
        }
        for address in sorted(wanted):
            answer = await http.get(address)
            assert answer.status_code == 200, address
            assert answer.headers["cache-control"] == assets.FOREVER, address


def test_the_map_leads_each_module_to_its_own_version() -> None:
    found = json.loads(planner.import_map())["imports"]
    assert found["/static/planner/main.js"] == assets.address("planner/main.js")
    assert found["preact"] == "/static/vendor/preact-10.29.8/preact.module.js"
    assert {f"/static/{name}" for name in MODULES} | set(planner.VENDORED) == set(found)


def test_what_runs_before_the_first_paint_is_light() -> None:
    first = planner.first_modules()
    assert {"planner/main.js", "planner/views/week.js", *planner.VENDORED.values()} <= set(first)
    assert "planner/help.js" not in first  # read when it is opened
    weight = sum(len(assets.assets()[name].packed or assets.assets()[name].body) for name in first)
    assert weight < LIMIT


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_short_and_says_what_it_is_for(name: str) -> None:
    text = assets.assets()[name].body.decode()
    assert text.startswith("/**")
    assert text.count("\n") <= LONGEST


@pytest.mark.parametrize("name", MODULES)
def test_every_import_of_a_module_leads_somewhere(name: str) -> None:
    text = assets.assets()[name].body.decode()
    assert set(re.findall(r'from "([^"]+)"', text)) == {
        one for one in re.findall(r'from "([^"]+)"', text) if one in planner.VENDORED or one.startswith(".")
    }
    assert text.count(' from "') == len(planner._IMPORT.findall(text))


async def test_without_the_playground_the_planner_has_its_libraries() -> None:
    settings = Settings(_env_file=None, playground=False)
    transport = httpx2.ASGITransport(app=Starlette(routes=[*planner.routes(settings), *playground.routes(settings)]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://postd.test") as http:
        statuses = {name: (await http.get(assets.address(name))).status_code for name in planner.first_modules()}
        assert 'data-playground="false"' in (await http.get("/")).text
        assert (await http.get(assets.address(playground.VENDORED["react"]))).status_code == 404
    assert set(statuses.values()) == {200}
