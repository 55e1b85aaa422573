"""One sign-in with Meta over our link: pages and Instagram accounts to choose from, each on its own platform."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx2
import pytest

from app.actions.tenants.create import create as create_tenant
from app.domain.connections.errors import PlatformNotReady
from app.domain.connections.model import Connection
from app.domain.connections.queries import ConnectionFilter, connections
from app.flows.connections.connect import Offer, offer
from app.flows.connections.tickets import Ticket
from app.flows.runtime import Runtime
from app.kernel.settings import PlatformApp
from connectors.capabilities import ConnectBy
from connectors.sandbox.meta.hosts import INSTAGRAM_APP, META_APP
from connectors.sandbox.server import Sandbox
from tests.connectors.simulated import fresh_name
from tests.fixtures.served import Browser, form_in
from tests.fixtures.site import Site, served_api

APPS = {
    "meta": PlatformApp(client_id=META_APP.client_id, client_secret=META_APP.secret),
    "instagram": PlatformApp(client_id=INSTAGRAM_APP.client_id, client_secret=INSTAGRAM_APP.secret),
}


@dataclass(frozen=True, slots=True)
class Business:
    """Somebody with two pages, one of which has an Instagram account."""

    rt: Runtime
    tenant: UUID
    person: str
    pages: dict[str, str]
    """Ids by a name of ours."""

    async def connected(self) -> list[Connection]:
        async with self.rt.db.read(self.tenant) as session:
            return list((await session.scalars(connections(session, ConnectionFilter()))).all())


@pytest.fixture(scope="module")
async def ready(
    migrated_url: str, redis_url: str, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """Give an API whose operator has made the applications."""
    folder = tmp_path_factory.mktemp("meta")
    async with served_api(migrated_url, redis_url, sandbox, folder, apps=APPS, endpoints=sandbox.endpoints) as rt:
        yield rt


@pytest.fixture
async def business(ready: Runtime, sandbox: Sandbox) -> Business:
    async with ready.db.system() as session:
        tenant = await create_tenant(session, fresh_name(), "Acme & Sons")
    person = fresh_name()
    pages: dict[str, str] = {}
    async with httpx2.AsyncClient() as http:
        for name, kinds in (("bakery", ["instagram", "facebook"]), ("cafe", ["facebook"])):
            body = {"platform": "meta", "handle": fresh_name(), "name": name, "person": person, "kinds": kinds}
            made = (await http.post(f"{sandbox.meta_url}/_sandbox/accounts", json=body)).json()
            pages |= {f"{name}.{kind}": made[kind] for kind in kinds}
    return Business(ready, tenant, person, pages)


async def link(business: Business, platform: str, by: ConnectBy | None = None) -> str:
    made = await offer(business.rt, business.tenant, "key:tests", Offer(platform, by, return_to="/planner"))
    assert isinstance(made, Ticket)
    return made.url


async def agree(browser: Browser, url: str, who: str) -> httpx2.Response:
    """From our link over the platform's dialog, with everything ticked, to what comes after the callback."""
    dialog = await browser.follow(await browser.send(await browser.get(url), {}))
    assert dialog.status_code == 200, dialog.text
    chosen = dialog.text.split(f"@{who}<")[0].rpartition('value="')[2].partition('"')[0]
    form, here = form_in(dialog), urlsplit(str(dialog.url))
    sent = {**form.fields, "account": chosen, "decision": "allow"}
    back = await browser.http.post(f"{here.scheme}://{here.netloc}{form.action}", data=sent)
    arrived = await browser.get(str(back.headers["location"]).partition("#")[0])
    return await browser.follow(arrived) if arrived.is_redirect else arrived


@pytest.mark.parametrize(
    ("platform", "by", "variable"),
    [
        ("facebook", None, "POSTD_APPS__META__CLIENT_ID"),
        ("instagram", ConnectBy.PAGE, "POSTD_APPS__META__CLIENT_ID"),
        ("instagram", ConnectBy.OAUTH, "POSTD_APPS__INSTAGRAM__CLIENT_ID"),
    ],
)
async def test_without_the_operators_application_nobody_can_connect(
    site: Site, platform: str, by: ConnectBy | None, variable: str
) -> None:
    with pytest.raises(PlatformNotReady) as caught:
        await offer(site.rt, site.tenant, "key:tests", Offer(platform, by))
    assert variable in (caught.value.hint or "")
    assert await site.connections() == []


@pytest.mark.parametrize(("platform", "by"), [("facebook", None), ("instagram", ConnectBy.PAGE)])
async def test_one_login_offers_every_page_and_account_and_connects_the_chosen(
    business: Business, browser: Browser, platform: str, by: ConnectBy | None
) -> None:
    choices = await agree(browser, await link(business, platform, by), business.person)
    assert choices.status_code == 200, choices.text
    bakery, account, cafe = (business.pages[name] for name in ("bakery.facebook", "bakery.instagram", "cafe.facebook"))
    assert form_in(choices).offered == {"account": [bakery, account, cafe]}
    done = await browser.send(choices, {"account": [account, cafe]})
    assert done.status_code == 303, done.text
    assert sorted((row.platform, row.external_id, row.method) for row in await business.connected()) == [
        ("facebook", cafe, "oauth"),
        ("instagram", account, "page"),
    ]
    assert all("pages_manage_posts" in row.granted_scopes for row in await business.connected())


async def test_instagrams_own_sign_in_connects_its_account(business: Business, browser: Browser) -> None:
    async with httpx2.AsyncClient() as http:
        base = business.rt.settings.endpoints["https://graph.facebook.com"].partition("/graph.")[0]
        rows = (await http.get(f"{base}/_sandbox/accounts")).json()["accounts"]
    handle = next(row["handle"] for row in rows if row["id"] == business.pages["bakery.instagram"])
    done = await agree(browser, await link(business, "instagram", ConnectBy.OAUTH), handle)
    assert "Instagram is connected" in done.text
    (row,) = await business.connected()
    assert (row.platform, row.external_id, row.method) == ("instagram", business.pages["bakery.instagram"], "oauth")


async def test_a_page_is_repaired_and_its_siblings_are_left_alone(
    business: Business, browser: Browser, owner: asyncpg.Pool
) -> None:
    choices = await agree(browser, await link(business, "facebook"), business.person)
    await browser.send(choices, {"account": [business.pages["cafe.facebook"]]})
    (row,) = await business.connected()
    await owner.execute("UPDATE connections SET state = 'attention' WHERE id = $1", row.id)
    made = await offer(business.rt, business.tenant, "key:tests", Offer("facebook", repair=row.id))
    assert isinstance(made, Ticket)
    done = await agree(browser, made.url, business.person)
    assert "connected" in done.text
    (repaired,) = await business.connected()
    assert (repaired.id, repaired.state.value) == (row.id, "healthy")
