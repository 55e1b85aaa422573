"""Registering an application and getting a token."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from connectors.sandbox.mastodon.contract import check_answer
from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import CALLBACK, Control, field_of, pkce, query_of

SCOPES = "profile read:statuses write:statuses"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Flow:
    """One application on its way to a token."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self.http = http
        self.url = url
        self.verifier, self.challenge = pkce()
        self.app: dict[str, Any] = {}

    async def register(self, **changes: Any) -> httpx2.Response:
        body = {"client_name": "Tests", "redirect_uris": [CALLBACK, OUT_OF_BAND], "scopes": SCOPES, **changes}
        answer = await self.http.post(f"{self.url}/api/v1/apps", json=body)
        self.app = answer.json()
        return answer

    def authorize_url(self, **changes: str) -> str:
        asked = {"response_type": "code", "client_id": self.app["client_id"], "redirect_uri": CALLBACK}
        asked |= {"scope": SCOPES, "state": "the-state"}
        asked |= {"code_challenge": self.challenge, "code_challenge_method": "S256"}
        return f"{self.url}/oauth/authorize?{urlencode(asked | changes)}"

    async def decide(self, decision: str, **changes: str) -> httpx2.Response:
        page = await self.http.get(self.authorize_url())
        names = ("csrf", "account", "client_id", "redirect_uri", "scope", "state", "code_challenge")
        fields = {name: field_of(page.text, name) for name in (*names, "code_challenge_method", "response_type")}
        data = {**fields, "decision": decision, **changes}
        return await self.http.post(f"{self.url}/oauth/authorize", data=data)

    async def exchange(self, code: str, **changes: str) -> httpx2.Response:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        fields |= {"client_id": self.app["client_id"], "client_secret": self.app["client_secret"]}
        data = fields | {"code_verifier": self.verifier} | changes
        return await self.http.post(f"{self.url}/oauth/token", data=data)

    async def token(self) -> str:
        code = query_of((await self.decide("allow")).headers["location"])["code"]
        return str((await self.exchange(code)).json()["access_token"])


@pytest.fixture
async def flow(sandbox: Sandbox, http: httpx2.AsyncClient) -> Flow:
    started = Flow(http, sandbox.mastodon_url)
    await started.register()
    return started


async def test_an_application_is_registered(flow: Flow) -> None:
    assert check_answer("post", "/api/v1/apps", 200, flow.app) == []
    assert (flow.app["scopes"], flow.app["client_secret_expires_at"]) == (SCOPES.split(), 0)


async def test_redirect_addresses_may_be_one_text(flow: Flow) -> None:
    answer = await flow.register(redirect_uris=f"{CALLBACK}\n{OUT_OF_BAND}")
    assert answer.json()["redirect_uris"] == [CALLBACK, OUT_OF_BAND]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"client_name": " "}, 422), ({"redirect_uris": ["callback"]}, 422), ({"scopes": "write:everything"}, 422)],
)
async def test_a_wrong_registration_is_refused(flow: Flow, change: dict[str, Any], status: int) -> None:
    answer = await flow.register(**change)
    assert (answer.status_code, answer.json()["error"].startswith("Validation failed:")) == (status, True)


async def test_a_registration_without_a_name_breaks_the_contract(flow: Flow, control: Control) -> None:
    answer = await flow.http.post(f"{flow.url}/api/v1/apps", json={"redirect_uris": [CALLBACK]})
    assert answer.status_code == 400
    assert await control.violations() == ["POST /api/v1/apps 'client_name' is a required property"]


async def test_the_servers_description_is_there(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    answer = await http.get(f"{sandbox.mastodon_url}/.well-known/oauth-authorization-server")
    assert check_answer("get", "/.well-known/oauth-authorization-server", 200, answer.json()) == []


async def test_allow_leads_to_a_token_of_the_chosen_account(flow: Flow) -> None:
    answer = await flow.decide("allow")
    assert answer.status_code == 302
    query = query_of(answer.headers["location"])
    assert query["state"] == "the-state"
    token = (await flow.exchange(query["code"])).json()
    assert check_answer("post", "/oauth/token", 200, token) == []
    assert set(token["scope"].split()) == set(SCOPES.split())
    headers = {"authorization": f"Bearer {token['access_token']}"}
    me = await flow.http.get(f"{flow.url}/api/v1/accounts/verify_credentials", headers=headers)
    assert me.json()["username"] == "bob"


async def test_deny_leads_back_with_an_error(flow: Flow) -> None:
    query = query_of((await flow.decide("deny")).headers["location"])
    assert (query["error"], query["state"]) == ("access_denied", "the-state")


async def test_a_form_without_the_pages_token_is_refused(flow: Flow) -> None:
    assert (await flow.decide("allow", csrf="forged")).status_code == 400


async def test_an_address_that_is_not_registered_is_not_redirected_to(flow: Flow) -> None:
    answer = await flow.http.get(flow.authorize_url(redirect_uri="http://evil.example/"))
    assert (answer.status_code, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "write"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_code_challenge_method"),
    ],
)
async def test_a_wrong_request_is_refused_by_a_redirect(flow: Flow, change: dict[str, str], error: str) -> None:
    answer = await flow.http.get(flow.authorize_url(**change))
    assert query_of(answer.headers["location"])["error"] == error


async def test_without_a_redirect_the_code_is_shown(flow: Flow) -> None:
    answer = await flow.decide("allow", redirect_uri=OUT_OF_BAND)
    assert answer.status_code == 200
    assert "Copy this code" in answer.text


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"code_verifier": "wrong"}, 400, "invalid_grant"),
        ({"redirect_uri": OUT_OF_BAND}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_exchange_is_refused(flow: Flow, change: dict[str, str], status: int, error: str) -> None:
    code = query_of((await flow.decide("allow")).headers["location"])["code"]
    answer = await flow.exchange(code, **change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_an_unknown_code_is_refused(flow: Flow) -> None:
    answer = await flow.exchange("unknown")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_code_is_good_once(flow: Flow) -> None:
    code = query_of((await flow.decide("allow")).headers["location"])["code"]
    answers = [await flow.exchange(code), await flow.exchange(code)]
    assert [answer.status_code for answer in answers] == [200, 400]


async def test_revoking_is_repeatable_and_kills_the_token(flow: Flow) -> None:
    token = await flow.token()
    fields = {"client_id": flow.app["client_id"], "client_secret": flow.app["client_secret"], "token": token}
    for _ in range(2):
        answer = await flow.http.post(f"{flow.url}/oauth/revoke", data=fields)
        assert (answer.status_code, answer.json()) == (200, {})
    headers = {"authorization": f"Bearer {token}"}
    me = await flow.http.get(f"{flow.url}/api/v1/accounts/verify_credentials", headers=headers)
    assert (me.status_code, me.json()) == (401, {"error": "The access token was revoked"})


async def test_another_applications_token_is_not_revoked(flow: Flow) -> None:
    token = await flow.token()
    await flow.register(client_name="Another")
    fields = {"client_id": flow.app["client_id"], "client_secret": flow.app["client_secret"], "token": token}
    answer = await flow.http.post(f"{flow.url}/oauth/revoke", data=fields)
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")
    headers = {"authorization": f"Bearer {token}"}
    me = await flow.http.get(f"{flow.url}/api/v1/accounts/verify_credentials", headers=headers)
    assert me.status_code == 200
