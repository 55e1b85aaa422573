"""Headers that protect the browser, on every route in every way of answering; the list is made from the application."""

from __future__ import annotations

import itertools
import re
from typing import Any

import httpx2
import pytest
from starlette.routing import Route, WebSocketRoute

from app.main import routes
from tests.fixtures.consent import MASTODON, ticket
from tests.fixtures.served import Browser
from tests.fixtures.site import Site

FILLED = {
    "ticket": "no-such-ticket",
    "token": "no-such-token",
    "platform": "mastodon",
    "name": "pages.css",
    "callback": "deletion",
    "code": "none",
}
ID = "01a1fbec-47f6-75c5-8515-163350e8a28f"
ASKED = {"GET": ("text/html", "*/*"), "HEAD": ("*/*",), "POST": ("*/*",), "OPTIONS": ("*/*",), "TRACE": ("*/*",)}
"""Method -> what kinds of answers are accepted."""


def addresses(site: Site) -> set[str]:
    """Every path of the application, with its parameters filled in, and some that are none."""
    found = {"/", "/nothing/here", "/static/../settings", "/graphql/", "/%2e%2e/", "/media/x"}
    for route in routes(site.rt):
        assert isinstance(route, Route | WebSocketRoute)
        path = re.sub(r"{(\w+)(:\w+)?}", lambda match: ID if match[1] == "id" else FILLED[match[1]], route.path)
        found.add(path)
    return found


def directives(policy: str) -> dict[str, set[str]]:
    """A Content-Security-Policy taken apart."""
    rules = (rule.split() for rule in policy.split(";"))
    return {words[0]: set(words[1:]) for words in rules if words}


def weak(answer: httpx2.Response) -> dict[str, str | None]:
    """What of the protection is missing."""
    wanted = {"x-content-type-options": "nosniff", "x-frame-options": "DENY"}
    found = {name: answer.headers.get(name) for name, value in wanted.items() if answer.headers.get(name) != value}
    if answer.headers.get("referrer-policy") not in {"no-referrer", "same-origin"}:
        found["referrer-policy"] = answer.headers.get("referrer-policy")
    policy = directives(answer.headers.get("content-security-policy", ""))
    if policy.get("frame-ancestors") != {"'none'"}:
        found["content-security-policy"] = answer.headers.get("content-security-policy")
    if not re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answer.headers.get("x-request-id", "")):
        found["x-request-id"] = answer.headers.get("x-request-id")
    if "server" in answer.headers and "/" in answer.headers["server"]:
        found["server"] = answer.headers["server"]
    return found


@pytest.mark.parametrize("method", ASKED)
async def test_every_answer_of_every_address_is_protected(site: Site, browser: Browser, method: str) -> None:
    found: dict[str, Any] = {}
    for path, accept in itertools.product(sorted(addresses(site)), ASKED[method]):
        answer = await browser.http.request(method, f"{site.url}{path}", headers={"Accept": accept})
        assert answer.status_code < 500, (method, path, answer.text)
        if missing := weak(answer):
            found[f"{answer.status_code} {path}"] = missing
    assert found == {}


async def test_every_page_runs_only_our_own_scripts(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    pages = [f"{site.url}/graphql", link.url, f"{site.url}/connect/none", f"{site.url}/oauth/mastodon/callback?state=x"]
    for url in pages:
        page = await browser.get(url)
        policy = directives(page.headers["content-security-policy"])
        assert policy["default-src"] == {"'self'"}
        assert policy["script-src"] == {"'self'"}
        assert (policy["object-src"], policy["base-uri"]) == ({"'none'"}, {"'none'"})
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|javascript:", page.text)
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page.text)


async def test_what_names_a_secret_is_never_stored_by_a_cache(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    answer = await browser.send(await browser.get(link.url), MASTODON.typed(site))
    assert answer.status_code == 303
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_a_request_id_cannot_carry_a_line_into_the_log(site: Site, browser: Browser) -> None:
    forged = 'abcdefgh%0a{"event":"forged"}'
    answer = await browser.http.get(f"{site.url}/livez", headers={"X-Request-Id": forged})
    assert answer.headers["x-request-id"] != forged
    await browser.http.get(f"{site.url}/nothing/%0a%7B%22event%22:%22forged%22%7D")
    assert not any(line.startswith('{"event":"forged"') for line in site.log.getvalue().splitlines())
