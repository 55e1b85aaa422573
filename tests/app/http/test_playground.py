"""The playground's page as an HTTP answer: its policy, its addresses, and when it is served."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.http import playground
from app.http.assets import MOUNT, assets
from app.kernel.settings import Settings
from tests.app.http.test_rendering import rules


def settings_with(**values: object) -> Settings:
    return Settings.model_validate({"public_url": "https://postd.example", **values})


def test_the_policy_lets_the_page_reach_this_server_only() -> None:
    policy = rules(playground.page(settings_with()).headers["content-security-policy"])
    assert policy["connect-src"] == "'self' wss://postd.example"
    assert policy["script-src"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{22}'", policy["style-src"])
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"


def test_the_other_headers_close_the_other_doors() -> None:
    headers = playground.page(settings_with()).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_the_nonce_is_another_one_each_time_and_stands_in_the_page() -> None:
    first, second = playground.page(settings_with()), playground.page(settings_with())
    policies = [rules(page.headers["content-security-policy"])["style-src"] for page in (first, second)]
    assert policies[0] != policies[1]
    nonce = policies[0].split("'nonce-")[1].rstrip("'")
    assert f'nonce="{nonce}"' in bytes(first.body).decode()


def test_every_address_in_the_page_is_one_of_our_files() -> None:
    body = bytes(playground.page(settings_with()).body).decode()
    addresses = re.findall(r'(?:src|href|data-examples)="([^"]+)"', body)
    names = {address.partition("?")[0].removeprefix(f"{MOUNT}/") for address in addresses}
    assert len(names) == 9
    assert names <= set(assets())


@pytest.mark.parametrize(("public", "word"), [(True, "true"), (False, "false")])
def test_the_page_knows_whether_the_schema_needs_a_key(public: bool, word: str) -> None:
    body = bytes(playground.page(settings_with(public_schema=public)).body).decode()
    assert f'data-public-schema="{word}"' in body


def test_a_plain_http_installation_has_plain_sockets() -> None:
    assert playground.own_sockets("http://127.0.0.1:8000") == ("ws://127.0.0.1:8000",)


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("TEXT/HTML", True),
        ("*/*", False),
        ("application/json", False),
        ("application/graphql-response+json, application/json;q=0.9", False),
        ("", False),
    ],
)
def test_only_a_browser_that_opens_a_page_gets_the_page(accept: str, page: bool) -> None:
    assert playground.wants_page(accept) is page


def test_a_playground_that_is_switched_off_serves_none_of_its_files() -> None:
    client = TestClient(Starlette(routes=playground.routes(settings_with(playground=False))))
    assert client.get("/static/playground/playground.js").status_code == 404
    assert client.get("/static/pages.css").status_code == 200
