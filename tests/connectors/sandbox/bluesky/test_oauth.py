"""OAuth with PAR, PKCE and DPoP: the whole way, and every guard on it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import CALLBACK, POST, Control, DpopClient, field_of, query_of


async def test_metadata_leads_from_the_data_server_to_the_endpoints(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    base = sandbox.bluesky_url
    resource = (await http.get(f"{base}/.well-known/oauth-protected-resource")).json()
    assert resource["authorization_servers"] == [base]
    server = (await http.get(f"{base}/.well-known/oauth-authorization-server")).json()
    assert server["issuer"] == base
    assert server["require_pushed_authorization_requests"] is True
    assert server["pushed_authorization_request_endpoint"] == f"{base}/oauth/par"


async def test_the_first_proof_is_answered_with_a_nonce(oauth: DpopClient) -> None:
    url = f"{oauth.url}/oauth/par"
    answer = await oauth.http.post(url, data={"client_id": oauth.client_id}, headers={"dpop": oauth.proof("POST", url)})
    assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")
    assert answer.headers["dpop-nonce"]


async def test_a_request_is_pushed(oauth: DpopClient) -> None:
    answer = await oauth.push()
    assert answer.status_code == 201
    assert answer.json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:req-")
    assert answer.json()["expires_in"] == 299


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uri": "http://evil.example/"}, "invalid_request"),
        ({"scope": "transition:generic"}, "invalid_scope"),
        ({"scope": "atproto transition:email"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"client_id": "https://app.example/client-metadata.json"}, "invalid_client_metadata"),
    ],
)
async def test_a_wrong_request_is_not_taken(oauth: DpopClient, change: dict[str, str], error: str) -> None:
    answer = await oauth.push(**change)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


class TestConsent:
    """The page."""

    async def decide(self, oauth: DpopClient, decision: str, **changes: str) -> httpx2.Response:
        page = await oauth.http.get(await oauth.authorize_url())
        assert page.status_code == 200
        fields = {name: field_of(page.text, name) for name in ("csrf", "request_uri", "account")}
        return await oauth.http.post(f"{oauth.url}/oauth/authorize", data={**fields, "decision": decision, **changes})

    async def test_the_page_offers_the_accounts_with_the_hinted_one_chosen(self, oauth: DpopClient) -> None:
        page = await oauth.http.get(await oauth.authorize_url())
        assert "@alice.test" in page.text
        assert "@bakery.test" in page.text
        assert page.text.count(" checked>") == 1
        assert "default-src 'none'" in page.headers["content-security-policy"]

    async def test_allow_leads_back_with_code_state_and_issuer(self, oauth: DpopClient) -> None:
        answer = await self.decide(oauth, "allow")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{CALLBACK}?")
        query = query_of(answer.headers["location"])
        assert (query["iss"], query["state"]) == (oauth.url, "the-state")
        tokens = (await oauth.exchange(query["code"])).json()
        assert tokens["token_type"] == "DPoP"
        assert tokens["scope"] == "atproto transition:generic"
        assert tokens["sub"].startswith("did:plc:")

    async def test_deny_leads_back_with_an_error(self, oauth: DpopClient) -> None:
        query = query_of((await self.decide(oauth, "deny")).headers["location"])
        assert (query["error"], query["state"], query["iss"]) == ("access_denied", "the-state", oauth.url)
        assert "code" not in query

    async def test_a_form_without_the_pages_token_is_refused(self, oauth: DpopClient) -> None:
        answer = await self.decide(oauth, "allow", csrf="forged")
        assert (answer.status_code, "location" in answer.headers) == (400, False)

    async def test_a_request_is_used_once(self, oauth: DpopClient) -> None:
        url = await oauth.authorize_url()
        page = await oauth.http.get(url)
        fields = {name: field_of(page.text, name) for name in ("csrf", "request_uri", "account")}
        for expected in (303, 400):
            answer = await oauth.http.post(f"{oauth.url}/oauth/authorize", data={**fields, "decision": "allow"})
            assert answer.status_code == expected

    async def test_an_expired_request_is_refused(self, oauth: DpopClient, control: Control) -> None:
        url = await oauth.authorize_url()
        await control.ask("POST", "/clock", {"advance": 300})
        assert (await oauth.http.get(url)).status_code == 400


class TestTokens:
    """The token endpoint and what its tokens can do."""

    async def code(self, oauth: DpopClient, control: Control) -> str:
        body = {"platform": "bluesky", "handle": "alice.test", "url": await oauth.authorize_url()}
        return query_of((await control.ask("POST", "/consent", body))["location"])["code"]

    async def test_a_wrong_verifier_is_refused(self, oauth: DpopClient, control: Control) -> None:
        answer = await oauth.exchange(await self.code(oauth, control), code_verifier="wrong")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")

    async def test_another_key_is_refused(self, oauth: DpopClient, control: Control) -> None:
        code = await self.code(oauth, control)
        oauth.key = ECKey.generate_key("P-256")
        assert (await oauth.exchange(code)).json()["error"] == "invalid_dpop_proof"

    async def test_a_code_that_comes_again_ends_the_session(self, oauth: DpopClient, control: Control) -> None:
        code = await self.code(oauth, control)
        tokens = (await oauth.exchange(code)).json()
        assert (await oauth.exchange(code)).json()["error"] == "invalid_grant"
        assert (await oauth.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"

    async def test_a_token_works_with_its_key_after_the_nonce_dance(self, oauth: DpopClient, control: Control) -> None:
        token = (await oauth.connect(control))["access_token"]
        first = await oauth.get_session(token)
        assert (first.status_code, first.json()["error"]) == (401, "use_dpop_nonce")
        assert 'error="use_dpop_nonce"' in first.headers["www-authenticate"]
        assert (await oauth.get_session(token)).json()["handle"] == "alice.test"

    @pytest.mark.parametrize(
        "claims", [{"htm": "POST"}, {"htu": "http://other.example/"}, {"ath": "x"}, {"iat": 1}, {"jti": ""}]
    )
    async def test_a_wrong_proof_is_refused(self, oauth: DpopClient, control: Control, claims: dict[str, Any]) -> None:
        token = (await oauth.connect(control))["access_token"]
        await oauth.get_session(token)
        answer = await oauth.get_session(token, **claims)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_dpop_proof")

    async def test_a_proof_that_comes_again_is_refused(self, oauth: DpopClient, control: Control) -> None:
        token = (await oauth.connect(control))["access_token"]
        await oauth.get_session(token)
        assert (await oauth.get_session(token, jti="same")).status_code == 200
        answer = await oauth.get_session(token, jti="same")
        assert (answer.status_code, answer.json()["message"]) == (401, "DPoP proof replayed")

    async def test_a_stolen_token_is_of_no_use_with_another_key(self, oauth: DpopClient, control: Control) -> None:
        token = (await oauth.connect(control))["access_token"]
        await oauth.get_session(token)
        oauth.key = ECKey.generate_key("P-256")
        answer = await oauth.get_session(token)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")

    async def test_an_access_token_lives_an_hour(self, oauth: DpopClient, control: Control) -> None:
        tokens = await oauth.connect(control)
        assert tokens["expires_in"] == 3599
        await control.ask("PATCH", "/settings", {"access_seconds": 30})
        assert (await oauth.refresh(tokens["refresh_token"])).json()["expires_in"] == 30

    async def test_a_refresh_ends_the_access_token_before_it(self, oauth: DpopClient, control: Control) -> None:
        tokens = await oauth.connect(control)
        fresh = (await oauth.refresh(tokens["refresh_token"])).json()
        await oauth.get_session(tokens["access_token"])
        assert (await oauth.get_session(tokens["access_token"])).json()["error"] == "invalid_token"
        assert (await oauth.get_session(fresh["access_token"])).status_code == 200

    async def test_a_refresh_token_that_comes_again_destroys_the_session(
        self, oauth: DpopClient, control: Control
    ) -> None:
        tokens = await oauth.connect(control)
        fresh = (await oauth.refresh(tokens["refresh_token"])).json()
        replayed = await oauth.refresh(tokens["refresh_token"])
        assert replayed.json() == {"error": "invalid_grant", "error_description": "Refresh token replayed"}
        assert (await oauth.refresh(fresh["refresh_token"])).json()["error"] == "invalid_grant"
        await oauth.get_session(fresh["access_token"])
        assert (await oauth.get_session(fresh["access_token"])).json()["error"] == "invalid_token"

    async def test_revoking_is_repeatable_and_ends_the_session(self, oauth: DpopClient, control: Control) -> None:
        tokens = await oauth.connect(control)
        fields = {"token": tokens["refresh_token"], "client_id": oauth.client_id}
        for _ in range(2):
            answer = await oauth.form("/oauth/revoke", fields)
            assert (answer.status_code, answer.json()) == (200, {})
        assert (await oauth.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"

    async def test_writing_needs_its_scope(self, oauth: DpopClient, control: Control) -> None:
        oauth.client_id = f"http://localhost?redirect_uri={CALLBACK}&scope=atproto"
        pushed = await oauth.push(scope="atproto")
        url = f"{oauth.url}/oauth/authorize?request_uri={pushed.json()['request_uri']}"
        body = {"platform": "bluesky", "handle": "alice.test", "url": url}
        code = query_of((await control.ask("POST", "/consent", body))["location"])["code"]
        tokens = (await oauth.exchange(code)).json()
        await oauth.get_session(tokens["access_token"])
        write = f"{oauth.url}/xrpc/com.atproto.repo.deleteRecord"
        proof = oauth.proof("POST", write, tokens["access_token"])
        headers = {"authorization": f"DPoP {tokens['access_token']}", "dpop": proof}
        record = {"repo": tokens["sub"], "collection": POST, "rkey": "3n2rhspqaru4i"}
        answer = await oauth.http.post(write, json=record, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "ScopeMissingError")
