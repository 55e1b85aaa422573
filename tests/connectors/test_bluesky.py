"""The Bluesky connector passes the conformance suite, by app password and by OAuth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from connectors.bluesky.connector import Bluesky
from connectors.capabilities import ConnectBy
from connectors.contract import Access, AccountGrant, FinishAuthorization, Grant, Redirect, StartAuthorization
from connectors.sandbox.server import Sandbox
from connectors.secret import Secret
from tests.connectors.harness import Network
from tests.connectors.simulated import REDIRECT_URI, Controls, SimulatedHarness, fresh_name
from tests.connectors.suite import ConnectorSuite

STATE = "state-canary-3e77"


@dataclass(slots=True)
class BlueskyHarness(SimulatedHarness):
    did: str = ""
    password: str = ""
    by: ConnectBy = ConnectBy.APP_PASSWORD

    async def connect(self) -> Access:
        # A handle would be looked up at its own host, which is off this machine; the DID leads to the directory.
        fields = {"identifier": Secret(self.did)}
        if self.by is ConnectBy.APP_PASSWORD:
            fields |= {"password": Secret(self.password), "service": Secret(self.origin)}
        request = StartAuthorization(self.by, fields, REDIRECT_URI, Secret(STATE), ())
        answer = await self.connector.start(self.context(), request)
        granted = self._only(answer) if isinstance(answer, Grant) else await self._come_back(answer)
        tokens = granted.tokens
        held = [tokens.access, *filter(None, [tokens.refresh])]
        self.secrets += [self.password, *(secret.reveal() for secret in held)]
        if "dpop_key" in tokens.extra:
            self.secrets.append(tokens.extra["dpop_key"].reveal())
        return Access(granted.account, tokens)

    async def _come_back(self, redirect: Redirect) -> AccountGrant:
        params = await self.consent(redirect.url)
        assert params.pop("state") == STATE
        assert params.get("iss") == redirect.issuer
        self.secrets += [STATE, redirect.flow["verifier"].reveal()]
        return self._only(
            await self.connector.finish(self.context(), FinishAuthorization(params, REDIRECT_URI, redirect.flow))
        )

    @staticmethod
    def _only(grant: Grant) -> AccountGrant:
        (granted,) = grant.accounts
        return granted


@pytest.fixture(params=[ConnectBy.APP_PASSWORD, ConnectBy.OAUTH])
async def harness(request: pytest.FixtureRequest, platforms: Sandbox) -> AsyncIterator[BlueskyHarness]:
    network = Network()
    async with network.pool:
        origin, handle = platforms.bluesky_url, f"{fresh_name()}.test"
        controls = Controls(origin, network)
        made = await controls.ask("POST", "/accounts", {"platform": "bluesky", "handle": handle, "name": "Blue Test"})
        effect = ("POST", "/xrpc/com.atproto.repo.putRecord")
        account = BlueskyHarness(Bluesky(), "bluesky", origin, effect, handle, controls, network, by=request.param)
        account.did, account.password = made["id"], made["password"]
        yield account


class TestBluesky(ConnectorSuite):
    """The suite, on the simulated server."""
