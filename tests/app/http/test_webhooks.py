"""The addresses that platforms send to, on a real server over a real database."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from app.actions.connections.connect import Connect, connect
from app.actions.tenants.create import create as create_tenant
from app.flows.runtime import Runtime
from app.flows.webhooks.intake import Intake
from app.flows.webhooks.process import process
from app.http import webhooks
from app.kernel import metrics
from app.kernel.settings import PlatformApp
from connectors.contract import Account, AccountGrant, Tokens
from connectors.sandbox.server import Sandbox
from connectors.secret import Secret
from tests.fixtures.deliveries import APP_SECRET, comment, hub_signature, person, signed_request
from tests.fixtures.site import served_api

UNPROVEN = (401, "not proven\n")
APPS = {
    "meta": PlatformApp.model_validate(
        {
            "client_id": "1",
            "client_secret": APP_SECRET,
            "webhook_secrets": ["newest-secret", APP_SECRET],
            "verify_token": "ours",
        }
    ),
    "instagram": PlatformApp.model_validate({"client_id": "2", "client_secret": "instagram-secret"}),
    "linkedin_pages": PlatformApp.model_validate({"client_id": "3", "client_secret": "client-secret-for-tests"}),
}


@pytest.fixture(scope="module")
async def door(
    migrated_url: str, redis_url: str, sandbox: Sandbox, log: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """Give a runtime with the settings of a served API that knows three applications."""
    folder = tmp_path_factory.mktemp("door")
    async with served_api(migrated_url, redis_url, sandbox, folder, apps=APPS) as rt:
        yield rt


@pytest.fixture
async def http(door: Runtime) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a platform's client."""
    async with httpx2.AsyncClient(base_url=door.settings.public_url, timeout=20) as client:
        yield client


def unique() -> bytes:
    return comment(secrets.token_hex(6))


async def kept(owner: asyncpg.Pool, body: bytes) -> int:
    return int(await owner.fetchval("SELECT count(*) FROM webhook_deliveries WHERE body = $1", body))


def counted(platform: str, outcome: str) -> float:
    return metrics.WEBHOOKS.labels(platform=platform, outcome=outcome)._value.get()  # type: ignore[no-any-return]


async def test_a_delivery_is_kept_as_it_came_and_answered(http: httpx2.AsyncClient, owner: asyncpg.Pool) -> None:
    body, before = unique(), counted("meta", "accepted")
    answer = await http.post("/webhooks/meta", content=body, headers=hub_signature(body))
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert await kept(owner, body) == 1
    assert counted("meta", "accepted") == before + 1


async def test_a_repetition_is_answered_and_not_kept_again(http: httpx2.AsyncClient, owner: asyncpg.Pool) -> None:
    body, before = unique(), counted("meta", "duplicate")
    for _ in range(3):
        assert (await http.post("/webhooks/meta", content=body, headers=hub_signature(body))).status_code == 200
    assert await kept(owner, body) == 1
    assert counted("meta", "duplicate") == before + 2


@pytest.mark.parametrize("secret", ["newest-secret", APP_SECRET])
async def test_both_secrets_of_a_rotation_are_good(http: httpx2.AsyncClient, owner: asyncpg.Pool, secret: str) -> None:
    body = unique()
    answer = await http.post("/webhooks/meta", content=body, headers=hub_signature(body, secret))
    assert answer.status_code == 200
    assert await kept(owner, body) == 1


@pytest.mark.parametrize("secret", ["instagram-secret", "newest-secret"])
async def test_instagrams_product_may_sign_with_either_secret(http: httpx2.AsyncClient, secret: str) -> None:
    body = unique()
    answer = await http.post("/webhooks/instagram", content=body, headers=hub_signature(body, secret))
    assert answer.status_code == 200


@pytest.mark.parametrize("forged", ["missing", "empty", "other secret", "other scheme", "changed", "truncated"])
async def test_what_is_not_proven_gets_one_answer_and_is_not_kept(
    http: httpx2.AsyncClient, owner: asyncpg.Pool, forged: str
) -> None:
    body = unique()
    headers = {
        "missing": {},
        "empty": {"x-hub-signature-256": ""},
        "other secret": hub_signature(body, "somebody's"),
        "other scheme": {"x-hub-signature": "sha1=00"},
    }.get(forged, hub_signature(body))
    sent = {"changed": body.replace(b"hi 1", b"hi 2"), "truncated": body[:-1]}.get(forged, body)
    answer = await http.post("/webhooks/meta", content=sent, headers=headers)
    assert (answer.status_code, answer.text) == UNPROVEN
    assert await kept(owner, sent) == 0


async def test_a_body_that_is_too_large_is_refused(http: httpx2.AsyncClient, owner: asyncpg.Pool) -> None:
    body = b'{"a":"' + b"x" * 1024 * 1024 + b'"}'
    answer = await http.post("/webhooks/meta", content=body, headers=hub_signature(body))
    assert answer.status_code == 413
    assert await kept(owner, body) == 0


@pytest.mark.parametrize("path", ["/webhooks/tiktok", "/webhooks/nobody", "/webhooks/meta/other", "/webhooks"])
async def test_other_addresses_lead_nowhere(http: httpx2.AsyncClient, path: str) -> None:
    body = unique()
    assert (await http.post(path, content=body, headers=hub_signature(body))).status_code == 404


async def test_the_operator_is_told_what_is_not_set(
    door: Runtime, http: httpx2.AsyncClient, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(door.settings.apps, "linkedin_pages")
    # The served process shares the settings' object with the runtime of this test.
    answer = await http.get("/webhooks/linkedin")
    assert (answer.status_code, answer.text) == (404, "There is nothing here.\n")
    assert "POSTD_APPS__LINKEDIN_PAGES__CLIENT_ID" in log.getvalue()


async def test_a_database_that_is_away_asks_the_platform_to_come_back(
    door: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("x", {}, OSError("away"))

    intake = Intake(door)
    monkeypatch.setattr(intake, "accept", away)
    transport = httpx2.ASGITransport(Starlette(routes=webhooks.routes(door, intake)))
    body = unique()
    async with httpx2.AsyncClient(transport=transport, base_url="http://postd.test") as client:
        answer = await client.post("/webhooks/meta", content=body, headers=hub_signature(body))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_the_handshakes(http: httpx2.AsyncClient) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "ours"}
    answer = await http.get("/webhooks/meta", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    answer = await http.get("/webhooks/meta", params={**asked, "hub.verify_token": "theirs"})
    assert (answer.status_code, answer.text) == UNPROVEN
    # No token of ours is set for this one: nobody knows it.
    assert (await http.get("/webhooks/instagram", params={**asked, "hub.verify_token": ""})).status_code == 401
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    answer = await http.get("/webhooks/linkedin", params={"challengeCode": code})
    assert answer.json()["challengeCode"] == code
    assert answer.headers["content-type"] == "application/json"


async def connected(rt: Runtime, owner: asyncpg.Pool, owner_id: str) -> tuple[UUID, UUID]:
    async with rt.db.system() as session:
        tenant = await create_tenant(session, f"t-{secrets.token_hex(6)}", "Acme")
    account = Account(owner_id, "@page", "Page", "https://facebook.example", owner_id=owner_id)
    grant = AccountGrant(account, Tokens(Secret("access")))
    async with rt.db.transaction(tenant) as session:
        made = await connect(
            session, rt.vault, Connect("facebook", grant, rt.clock.now() - timedelta(hours=1), timedelta(minutes=1))
        )
    return tenant, made.id


async def test_a_deauthorization_ends_the_connection(
    door: Runtime, http: httpx2.AsyncClient, owner: asyncpg.Pool
) -> None:
    user = secrets.token_hex(6)
    _, connection = await connected(door, owner, user)
    payload = person(user, door.clock.now().timestamp())
    for _ in range(2):
        answer = await http.post("/webhooks/meta/deauthorize", content=signed_request(payload))
        assert (answer.status_code, answer.text) == (200, "ok\n")
    delivery = await owner.fetchval("SELECT id FROM webhook_deliveries WHERE body = $1", payload)
    await process(door, delivery)
    assert await owner.fetchval("SELECT state FROM connections WHERE id = $1", connection) == "revoked"


async def test_a_deletion_has_a_code_and_a_page_that_tells_its_progress(
    door: Runtime, http: httpx2.AsyncClient, owner: asyncpg.Pool
) -> None:
    user = secrets.token_hex(6)
    _, connection = await connected(door, owner, user)
    payload = person(user, door.clock.now().timestamp())
    first, again = [
        (await http.post("/webhooks/meta/deletion", content=signed_request(payload))).json() for _ in range(2)
    ]
    assert first == again
    assert first["url"] == f"{door.settings.public_url}/webhooks/meta/deletion/{first['confirmation_code']}"
    page = await http.get(first["url"])
    assert (page.status_code, "Under way" in page.text) == (200, True)
    assert user not in page.text
    query = "SELECT id FROM webhook_deliveries WHERE confirmation_code = $1"
    await process(door, await owner.fetchval(query, first["confirmation_code"]))
    assert "was deleted" in (await http.get(first["url"])).text
    handle = await owner.fetchval("SELECT handle FROM connections WHERE id = $1", connection)
    assert handle == "deleted account"


async def test_nothing_to_delete_is_said_so(door: Runtime, http: httpx2.AsyncClient, owner: asyncpg.Pool) -> None:
    made = (await http.post("/webhooks/meta/deletion", content=signed_request(person("nobody")))).json()
    query = "SELECT id FROM webhook_deliveries WHERE confirmation_code = $1"
    await process(door, await owner.fetchval(query, made["confirmation_code"]))
    assert "Nothing about you is held here" in (await http.get(made["url"])).text


@pytest.mark.parametrize(
    "path", ["meta/deletion/x", "meta/deletion/%00", f"meta/deletion/{'x' * 22}", f"nobody%00/deletion/{'x' * 22}"]
)
async def test_an_unknown_code_opens_nothing(http: httpx2.AsyncClient, path: str) -> None:
    page = await http.get(f"/webhooks/{path}")
    assert (page.status_code, "no request with this code" in page.text) == (404, True)


@pytest.mark.parametrize("callback", ["deauthorize", "deletion"])
@pytest.mark.parametrize("secret", ["somebody's", ""])
async def test_a_forged_request_about_a_person_does_nothing(
    http: httpx2.AsyncClient, owner: asyncpg.Pool, callback: str, secret: str
) -> None:
    payload = person(secrets.token_hex(6))
    sent = signed_request(payload, secret) if secret else json.dumps({"user_id": "1"}).encode()
    answer = await http.post(f"/webhooks/meta/{callback}", content=sent)
    assert (answer.status_code, answer.text) == UNPROVEN
    assert await kept(owner, payload) == 0
