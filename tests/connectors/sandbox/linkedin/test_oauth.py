"""Sign-in at the simulated LinkedIn: the page, what ends tokens, renewal."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx2
import pytest

from connectors.sandbox.linkedin.apps import MEMBER_APP, PAGES_APP, App
from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import CALLBACK, Control, field_of, query_of
from tests.connectors.sandbox.linkedin.client import LinkedInClient


def page(sandbox: Sandbox, app: App, scope: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "state": "s",
        "scope": scope,
    }
    return f"{sandbox.url('linkedin')}/oauth/v2/authorization?{urlencode(asked)}"


async def exchange(http: httpx2.AsyncClient, sandbox: Sandbox, app: App, **fields: str) -> httpx2.Response:
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    return await http.post(f"{sandbox.url('linkedin')}/oauth/v2/accessToken", data={**credentials, **fields})


async def code(control: Control, url: str) -> str:
    body = {"platform": "linkedin", "handle": "carol-example", "url": url}
    return query_of((await control.ask("POST", "/consent", body))["location"])["code"]


async def test_the_page_lets_choose_a_member_and_comes_back(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    url = page(sandbox, MEMBER_APP, "openid w_member_social")
    form = await http.get(url)
    assert "Carol Example" in form.text
    assert "The Corner Bakery" not in form.text
    member = form.text.partition('name="account" value="')[2].partition('"')[0]
    fields = {name: field_of(form.text, name) for name in ("csrf", "client_id", "redirect_uri", "state", "scope")}
    fields |= {"response_type": "code", "account": member, "decision": "deny"}
    answer = await http.post(url.partition("?")[0], data=fields)
    assert query_of(answer.headers["location"])["error"] == "user_cancelled_authorize"
    allowed = await http.post(url.partition("?")[0], data={**fields, "decision": "allow"})
    assert query_of(allowed.headers["location"]).keys() == {"code", "state"}


async def test_only_the_application_for_pages_gets_a_renewal(
    sandbox: Sandbox, http: httpx2.AsyncClient, control: Control
) -> None:
    for app, scope, renewed in ((MEMBER_APP, "openid", False), (PAGES_APP, "r_basicprofile", True)):
        given = await code(control, page(sandbox, app, scope))
        fields = {"grant_type": "authorization_code", "code": given, "redirect_uri": CALLBACK}
        body = (await exchange(http, sandbox, app, **fields)).json()
        assert (body["expires_in"], body["scope"], "refresh_token" in body) == (5_184_000, scope, renewed)
        again = await exchange(http, sandbox, app, **fields)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_request")


async def test_a_refresh_token_lasts_a_year_from_the_sign_in(
    sandbox: Sandbox, http: httpx2.AsyncClient, control: Control
) -> None:
    body = {"platform": "linkedin", "handle": "carol-example"}
    token = (await control.ask("POST", "/tokens", body))["refresh_token"]
    fields = {"grant_type": "refresh_token", "refresh_token": token}
    await control.ask("POST", "/clock", {"advance": 200 * 86_400})
    fresh = (await exchange(http, sandbox, PAGES_APP, **fields)).json()
    assert (fresh["refresh_token"], fresh["refresh_token_expires_in"] // 86_400) == (token, 164)
    await control.ask("POST", "/clock", {"advance": 200 * 86_400})
    late = await exchange(http, sandbox, PAGES_APP, **fields)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("end", "code_of_it"), [("expire", "EXPIRED_ACCESS_TOKEN"), ("forget", "REVOKED_ACCESS_TOKEN")]
)
async def test_a_dead_token_says_how_it_died(
    carol: LinkedInClient, control: Control, end: str, code_of_it: str
) -> None:
    if end == "expire":
        await control.ask("POST", "/clock", {"advance": 60 * 86_400})
    else:
        await control.ask("DELETE", "/tokens", {"platform": "linkedin", "handle": "carol-example"})
    answer = await carol.post("Hello")
    assert (answer.status_code, answer.json()["code"]) == (401, code_of_it)


async def test_a_wrong_secret_gets_nothing(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    wrong = App(MEMBER_APP.client_id, "wrong", "", frozenset(), refreshes=False)
    answer = await exchange(http, sandbox, wrong, grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
