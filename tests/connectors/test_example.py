"""The example connector of the documentation passes the conformance suite, loaded as a plug-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint

import pytest

from connectors.capabilities import ConnectBy
from connectors.catalog import GROUP, Catalog
from connectors.contract import Access, Connector, Context, Grant, Media, StartAuthorization
from connectors.exchanges import Exchange
from connectors.secret import Secret
from tests.connectors.example.server import MurmurServer, murmur
from tests.connectors.harness import PUBLIC_URL, UNUSED_PORT, Network, Seen, Trouble, picture
from tests.connectors.suite import ConnectorSuite

ENTRY_POINT = EntryPoint("murmur", "tests.connectors.example.connector:Murmur", GROUP)
KEY = "murmur-key-canary-5d1f"


@dataclass(slots=True)
class MurmurHarness:
    connector: Connector
    server: MurmurServer
    network: Network
    exchanges: list[Exchange]
    secrets: list[str]

    def context(self) -> Context:
        return self.network.context()

    async def connect(self) -> Access:
        fields = {"server": Secret(self.server.origin), "key": Secret(KEY)}
        request = StartAuthorization(ConnectBy.APP_PASSWORD, fields, f"{PUBLIC_URL}/callback", Secret("state"), ())
        grant = await self.connector.start(self.context(), request)
        assert isinstance(grant, Grant)
        return Access(grant.accounts[0].account, grant.accounts[0].tokens)

    async def trouble(self, kind: Trouble) -> None:
        self.server.trouble = kind

    async def posts(self) -> list[Seen]:
        return self.server.seen()

    async def receiver(self) -> str:
        """Murmur tells nothing."""
        return ""

    def picture(self) -> Media:
        return picture()

    def unreachable(self, access: Access) -> Access:
        return replace(access, account=replace(access.account, server=f"http://127.0.0.1:{UNUSED_PORT}"))


@pytest.fixture
async def harness() -> AsyncIterator[MurmurHarness]:
    connector = Catalog.load(points=[ENTRY_POINT]).get("murmur")
    network = Network()
    async with murmur(KEY) as server, network.pool:
        yield MurmurHarness(connector, server, network, network.exchanges, [KEY])


class TestMurmur(ConnectorSuite):
    """The suite, on the example."""

    described = False
