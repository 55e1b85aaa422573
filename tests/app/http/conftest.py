from __future__ import annotations

import io
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest
import structlog

from app.actions.keys.create import CreateKey
from app.actions.keys.create import create as create_key
from app.actions.tenants.create import create as create_tenant
from app.domain.connections.model import Connection
from app.domain.connections.queries import ConnectionFilter, connections
from app.domain.keys.model import Scope
from app.flows.connect import Offer, offer
from app.flows.runtime import Runtime, running
from app.kernel import logs
from app.kernel.settings import Environment, Settings
from app.main import create_app
from app.services.events import read_after
from app.services.vault import generate_key
from connectors.capabilities import ConnectBy
from connectors.sandbox.server import Sandbox
from connectors.secret import Secret
from tests.app.http.service import Browser, listener, serving


@dataclass
class Site:
    """A running API with the simulated platforms, and one workspace in it."""

    rt: Runtime
    owner: asyncpg.Pool
    sandbox: Sandbox
    tenant: UUID
    log: io.StringIO

    @property
    def url(self) -> str:
        return self.rt.settings.public_url

    async def connections(self) -> list[Connection]:
        """The workspace's connections."""
        async with self.rt.db.read(self.tenant) as session:
            return list((await session.scalars(connections(session, ConnectionFilter()))).all())

    async def events(self) -> list[str]:
        """What has happened in the workspace, oldest first."""
        async with self.rt.db.read(self.tenant) as session:
            return [row.type for row in await read_after(session, 0, 1000)]


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """Give the simulated platforms."""
    async with Sandbox(tmp_path_factory.mktemp("sandbox")) as running_sandbox:
        yield running_sandbox


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    """Give what the process logs, at the most talkative level."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure("DEBUG", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
async def api(
    migrated_url: str, redis_url: str, sandbox: Sandbox, log: io.StringIO, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runtime]:
    """Give a runtime with the settings of an API that is being served."""
    sock, origin = listener()
    settings = Settings(
        _env_file=None,
        environment=Environment.DEVELOPMENT,
        database_url=migrated_url,
        redis_url=redis_url,
        vault_keys=generate_key(),
        public_url=origin,
        allowed_origins=("https://planner.example",),
        media_store=f"file:{tmp_path_factory.mktemp('media')}",
        data_dir=tmp_path_factory.mktemp("data"),
        egress_allow=("127.0.0.0/8",),
        plc_url=sandbox.bluesky_url,
        handle_resolver=sandbox.bluesky_url,
    )
    async with running(settings, name="tests") as rt, serving(create_app(settings), sock):
        yield rt


@pytest.fixture
async def site(api: Runtime, owner: asyncpg.Pool, sandbox: Sandbox, log: io.StringIO) -> Site:
    """Give a fresh workspace on the running API."""
    async with api.db.system() as session:
        tenant = await create_tenant(session, f"t-{secrets.token_hex(6)}", "Acme & Sons")
    return Site(api, owner, sandbox, tenant, log)


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A running API with a connected account, and a key that may do everything in its workspace."""

    url: str
    api_key: str


@pytest.fixture
async def live_server(site: Site) -> LiveServer:
    """Give what a visitor of the playground finds."""
    scopes = [scope for scope in Scope if scope is not Scope.OPERATOR]
    async with site.rt.db.transaction(site.tenant) as session:
        made = await create_key(session, CreateKey("playground", scopes, site.rt.clock.now(), "tests"))
    fields = {
        "identifier": Secret("alice.test"),
        "password": Secret("alice-test-app-pass"),
        "service": Secret(site.sandbox.bluesky_url),
    }
    await offer(site.rt, site.tenant, "tests", Offer("bluesky", ConnectBy.APP_PASSWORD, fields))
    return LiveServer(site.url, made.presented.reveal())


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Give the browser of a user."""
    mine = Browser()
    yield mine
    await mine.close()
