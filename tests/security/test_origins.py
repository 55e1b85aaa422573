"""Who may call from a browser: `/graphql` by CORS, the forms of connecting by where they come from."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
import pytest

from app.actions.keys.create import CreateKey
from app.actions.keys.create import create as create_key
from app.domain.keys.model import Scope
from tests.fixtures.consent import MASTODON, ticket
from tests.fixtures.served import Browser
from tests.fixtures.site import Site

ALLOWED = "https://planner.example"
FOREIGN = (
    "https://evil.example",
    "http://planner.example",
    "https://planner.example:8443",
    "https://planner.example.evil.example",
    "https://evilplanner.example",
    "https://sub.planner.example",
    "HTTPS://PLANNER.EXAMPLE",
    "null",
    "",
)
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")


@pytest.fixture
async def bearer(site: Site) -> str:
    """Give a key of the workspace that may do everything."""
    async with site.rt.db.transaction(site.tenant) as session:
        made = await create_key(session, CreateKey("tests", list(Scope), site.rt.clock.now(), "tests"))
    return f"Bearer {made.presented.reveal()}"


async def ask(browser: Browser, site: Site, **headers: str) -> httpx2.Response:
    """One question with these headers."""
    body = b'{"query": "{ viewer { scopes } }"}'
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await browser.http.post(f"{site.url}/graphql", content=body, headers=given)


async def preflight(browser: Browser, site: Site, origin: str, **headers: str) -> httpx2.Response:
    """What a browser asks before it sends a request of another origin."""
    wanted = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    wanted["Access-Control-Request-Headers"] = "authorization,content-type"
    return await browser.http.options(f"{site.url}/graphql", headers={**wanted, **headers})


async def test_a_frontend_of_an_allowed_origin_may_ask(site: Site, browser: Browser, bearer: str) -> None:
    before = await preflight(browser, site, ALLOWED)
    assert before.status_code == 200
    assert before.headers["access-control-allow-origin"] == ALLOWED
    answer = await ask(browser, site, origin=ALLOWED, authorization=bearer, content_type="application/json")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize("origin", FOREIGN)
async def test_no_other_origin_may(site: Site, browser: Browser, bearer: str, origin: str) -> None:
    before = await preflight(browser, site, origin)
    assert "access-control-allow-origin" not in before.headers
    # Where the request is made all the same, its answer cannot be read.
    answer = await ask(browser, site, origin=origin, authorization=bearer, content_type="application/json")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [ALLOWED, *FOREIGN])
async def test_a_cookie_never_goes_along(site: Site, browser: Browser, origin: str) -> None:
    for answer in (await preflight(browser, site, origin), await ask(browser, site, origin=origin)):
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers.get("access-control-allow-origin") != "*"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_an_allowed_origin_may_do_nothing_but_ask(site: Site, browser: Browser, method: str) -> None:
    refused = await preflight(browser, site, ALLOWED, **{"Access-Control-Request-Method": method})
    assert method not in refused.headers.get("access-control-allow-methods", "")


@pytest.mark.parametrize("content_type", SIMPLE)
@pytest.mark.parametrize("origin", [ALLOWED, FOREIGN[0]])
async def test_a_request_without_a_preflight_does_nothing(
    site: Site, browser: Browser, bearer: str, content_type: str, origin: str
) -> None:
    answer = await ask(browser, site, origin=origin, authorization=bearer, content_type=content_type)
    assert answer.status_code in {400, 415}
    assert "viewer" not in answer.text
    without = await ask(browser, site, origin=origin, content_type=content_type)
    assert without.status_code == 401


async def test_no_cookie_stands_in_for_a_key(site: Site, browser: Browser, bearer: str) -> None:
    cookie = f"authorization={bearer.split()[1]}; session={bearer.split()[1]}"
    answer = await ask(browser, site, cookie=cookie, content_type="application/json")
    assert answer.status_code == 401


async def test_a_key_in_the_address_opens_nothing(site: Site, browser: Browser, bearer: str) -> None:
    for name in ("authorization", "access_token", "token", "key"):
        url = f"{site.url}/graphql?{name}={bearer.split()[1]}"
        answer = await browser.http.post(url, json={"query": "{ viewer { scopes } }"})
        assert answer.status_code == 401


OWN = "own"
FORMS: list[tuple[dict[str, str], bool]] = [
    ({"Sec-Fetch-Site": "same-origin", "Origin": OWN}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Origin": OWN}, True),
    ({"Sec-Fetch-Site": "none", "Origin": OWN}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, False),
    ({"Sec-Fetch-Site": "same-site", "Origin": OWN}, False),
    ({"Sec-Fetch-Site": ""}, False),
    ({"Sec-Fetch-Site": "Same-Origin"}, False),
    ({"Origin": f"{OWN}/"}, False),
    ({"Origin": f"{OWN}.evil.example"}, False),
    ({"Origin": ALLOWED}, False),
    ({"Referer": f"{OWN}/connect/x"}, False),
    ({"X-Requested-With": "XMLHttpRequest"}, False),
]


@pytest.mark.parametrize(("headers", "passes"), FORMS, ids=str)
async def test_a_form_comes_from_our_own_page_or_does_nothing(
    site: Site, browser: Browser, headers: Mapping[str, str], passes: bool
) -> None:
    link = await ticket(site, MASTODON)
    sent = {name: value.replace(OWN, site.url) for name, value in headers.items()}
    answer = await browser.http.post(link.url, data=MASTODON.typed(site), headers=sent)
    assert answer.status_code == (303 if passes else 403)
    state = await site.owner.fetchval("SELECT state FROM oauth_flows WHERE id = $1", link.flow_id)
    assert state == ("started" if passes else "offered")
    assert ("set-cookie" in answer.headers) is passes


async def test_the_pages_of_connecting_open_to_no_other_origin(site: Site, browser: Browser) -> None:
    link = await ticket(site, MASTODON)
    asked = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
    for answer in (
        await browser.http.options(link.url, headers=asked),
        await browser.http.get(link.url, headers={"Origin": ALLOWED}),
    ):
        assert "access-control-allow-origin" not in answer.headers
