"""Connects an account of the simulated instance, as a user does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from connectors.capabilities import ConnectBy
from connectors.contract import Access, AppCredentials, FinishAuthorization, Redirect, StartAuthorization
from connectors.mastodon.connector import Mastodon
from connectors.secret import Secret
from tests.connectors.harness import Network
from tests.connectors.simulated import REDIRECT_URI, Controls, SimulatedHarness, fresh_name

STATE = "state-canary-91c2"


@dataclass(slots=True)
class MastodonHarness(SimulatedHarness):
    """One account of the simulated instance."""

    app: AppCredentials | None = None

    async def begin(self) -> Redirect:
        """Register where that is still to be done, and ask for the server's page."""
        fields = {"instance": Secret(self.origin)}
        key = self.connector.app_key(fields)
        assert key is not None
        self.app = self.app or await self.connector.register(self.context(), key, REDIRECT_URI)
        assert self.app.client_secret is not None
        request = StartAuthorization(ConnectBy.OAUTH, fields, REDIRECT_URI, Secret(STATE), (), self.app)
        redirect = await self.connector.start(self.context(), request)
        assert isinstance(redirect, Redirect)
        self.secrets += [self.app.client_secret.reveal(), STATE, redirect.flow["verifier"].reveal()]
        return redirect

    async def connect(self) -> Access:
        """The whole way: registration, page, callback."""
        redirect = await self.begin()
        params = await self.consent(redirect.url)
        assert params.pop("state") == STATE
        finish = FinishAuthorization(params, REDIRECT_URI, redirect.flow, self.app)
        (granted,) = (await self.connector.finish(self.context(), finish)).accounts
        self.secrets.append(granted.tokens.access.reveal())
        return Access(granted.account, granted.tokens, self.app)


@asynccontextmanager
async def mastodon_account(origin: str) -> AsyncIterator[MastodonHarness]:
    """A fresh account of the instance at `origin`."""
    network = Network()
    async with network.pool:
        handle = fresh_name()
        controls = Controls(origin, network)
        await controls.ask("POST", "/accounts", {"platform": "mastodon", "handle": handle, "name": "Mona Test"})
        connector = Mastodon(media_interval=timedelta(0), media_attempts=3)
        effect = ("POST", "/api/v1/statuses")
        yield MastodonHarness(connector, "mastodon", origin, effect, handle, controls, network)
