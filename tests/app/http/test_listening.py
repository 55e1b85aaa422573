"""From a connected account to the event of a comment: simulated platforms, a served API, and nothing done by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.actions.tenants.create import create as create_tenant
from app.domain.connections.listening import ListeningState
from app.domain.connections.model import Connection
from app.domain.webhooks.model import WebhookDelivery
from app.flows.connections.disconnect import disconnect
from app.flows.connections.grants import connect_all
from app.flows.runtime import Runtime
from app.flows.webhooks.process import process
from app.flows.webhooks.subscribing import subscribe_meta
from app.kernel.errors import InvalidInput
from app.kernel.settings import PlatformApp
from app.services.events import read_after
from connectors.capabilities import ConnectBy
from connectors.contract import Account, AccountGrant, Grant, Tokens
from connectors.meta.pages import PAGE_ID
from connectors.sandbox.linkedin.subscriptions import APPLICATION
from connectors.sandbox.server import Sandbox
from connectors.secret import Secret
from tests.connectors.simulated import fresh_name
from tests.fixtures.site import served_api

S = ListeningState


@pytest.fixture(scope="module")
async def ready(
    migrated_url: str, redis_url: str, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """Give an API whose operator has set up webhooks at every platform."""
    apps = {name: PlatformApp.model_validate(app) for name, app in sandbox.apps.items()}
    apps["linkedin_pages"] = apps["linkedin_pages"].model_copy(update={"extra": {"application": APPLICATION}})
    folder = tmp_path_factory.mktemp("listening")
    async with served_api(migrated_url, redis_url, sandbox, folder, apps=apps, endpoints=sandbox.endpoints) as rt:
        yield rt


@dataclass
class There:
    """A workspace, and the platforms' control API."""

    rt: Runtime
    tenant: UUID
    origin: str
    handle: str

    async def order(self, path: str, **body: Any) -> Any:
        """Give an order to the platforms."""
        async with httpx2.AsyncClient() as http:
            answer = await http.post(f"{self.origin}/_sandbox{path}", json={"handle": self.handle, **body})
            assert answer.is_success, answer.text
            return answer.json()

    async def connect(self, platform: str, account: Account, tokens: Tokens) -> Connection:
        """Connect an account whose access was granted."""
        (made,) = await connect_all(
            self.rt, self.tenant, "tests", platform, Grant((AccountGrant(account, tokens, platform),))
        )
        return made

    async def heard(self) -> list[str]:
        """What readers said, by the events of the workspace, once every delivery was processed."""
        async with self.rt.db.system() as session:
            keys = (await session.scalars(select(WebhookDelivery.id).where(WebhookDelivery.state == "received"))).all()
        for key in keys:
            await process(self.rt, key)
        async with self.rt.db.read(self.tenant) as session:
            rows = await read_after(session, 0, 1000)
        return [str(row.changes.get("text")) for row in rows if row.type == "comment.added"]


@pytest.fixture
async def there(ready: Runtime, sandbox: Sandbox) -> There:
    async with ready.db.system() as session:
        tenant = await create_tenant(session, fresh_name(), "Acme")
    return There(ready, tenant, sandbox.meta_url, fresh_name())


async def test_a_page_and_the_account_behind_it_tell_from_connecting_to_disconnecting(there: There) -> None:
    ids = await there.order("/accounts", platform="meta", kinds=["instagram", "facebook"])
    granted = await there.order("/tokens", platform="meta", kind="facebook")
    assert await subscribe_meta(there.rt) == ("page", "instagram")
    token, page_id = Secret(granted["access_token"]), Secret(ids["facebook"])
    tokens = Tokens(token, method=ConnectBy.OAUTH)
    page = await there.connect("facebook", Account(ids["facebook"], "p", "p", "https://x", kind="page"), tokens)
    by_page = Tokens(token, method=ConnectBy.PAGE, extra={PAGE_ID: page_id})
    account = await there.connect("instagram", Account(ids["instagram"], "a", "a", "https://x"), by_page)
    assert (page.listening, account.listening) == (S.LISTENING, S.LISTENING)
    for kind in ("facebook", "instagram"):
        assert await there.order("/comments", platform="meta", kind=kind, text=f"on {kind}") == {"told": [200]}
    assert sorted(await there.heard()) == ["on facebook", "on instagram"]
    # The account behind the page still needs the page's subscription.
    await disconnect(there.rt, there.tenant, "tests", page.id)
    assert await there.order("/comments", platform="meta", kind="instagram", text="later") == {"told": [200]}
    assert "later" in await there.heard()
    await disconnect(there.rt, there.tenant, "tests", account.id)
    assert await there.order("/comments", platform="meta", kind="instagram", text="too late") == {"told": []}


async def test_an_organization_tells_once_its_address_is_in_the_developer_portal(there: There) -> None:
    await there.order("/accounts", platform="linkedin")
    page = f"{there.handle}-page"
    urn = (await there.order("/accounts", platform="linkedin", handle=page, admin=there.handle))["id"]
    granted = await there.order("/tokens", platform="linkedin")
    tokens = Tokens(Secret(granted["access_token"]), scopes=tuple(granted["scope"].split(",")), method=ConnectBy.PAGE)
    account = Account(urn, page, page, "https://www.linkedin.com", kind="page")
    refused = await there.connect("linkedin", account, tokens)
    assert refused.listening is S.FAILED
    assert "not validated" in str(refused.listening_problem)
    url = f"{there.rt.settings.public_url}/webhooks/linkedin"
    await there.order("/webhooks", platform="linkedin", url=url)
    again = await there.connect("linkedin", account, tokens)
    assert (again.id, again.listening, again.listening_problem) == (refused.id, S.LISTENING, None)
    assert await there.order("/comments", platform="linkedin", handle=page, text="well done") == {"told": [200]}
    assert await there.heard() == ["well done"]


async def test_meta_does_not_take_an_address_that_answers_otherwise(there: There) -> None:
    wrong = there.rt.settings.apps["meta"].model_copy(update={"verify_token": SecretStr("another")})
    settings = there.rt.settings.model_copy(update={"apps": {"meta": wrong}})
    with pytest.raises(InvalidInput, match="did not take"):
        await subscribe_meta(replace(there.rt, settings=settings))
