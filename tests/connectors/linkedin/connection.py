"""Connects a member or a page of the simulated LinkedIn, as a user does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from connectors.capabilities import ConnectBy
from connectors.contract import (
    Access,
    AccountGrant,
    AppCredentials,
    Context,
    FinishAuthorization,
    Grant,
    Redirect,
    StartAuthorization,
)
from connectors.linkedin.capabilities import API, MEMBER_APP, PAGES_APP
from connectors.linkedin.connector import LinkedIn
from connectors.linkedin.webhooks import RECEIVER
from connectors.sandbox.linkedin import apps
from connectors.sandbox.linkedin.subscriptions import APPLICATION
from connectors.sandbox.server import Sandbox
from connectors.secret import Secret
from tests.connectors.harness import UNUSED_PORT, Network, Seen
from tests.connectors.loopback import Server
from tests.connectors.receiving import receiving
from tests.connectors.simulated import REDIRECT_URI, Controls, SimulatedHarness, fresh_name

STATE = "state-canary-5d21"
EVERY_RIGHT = " ".join(sorted(apps.PAGES_APP.scopes))


def credentials(app: apps.App, key: str, scopes: str = "") -> AppCredentials:
    """The operator's application, as the settings have it."""
    extra = {"application": APPLICATION, **({"scopes": scopes} if scopes else {})}
    return AppCredentials(key, app.client_id, Secret(app.client_secret), extra)


@dataclass(slots=True)
class LinkedInHarness(SimulatedHarness):
    """A member with a page; `page` says which of the two publishes."""

    page: str = ""
    """The handle of the page; empty: the member publishes."""
    by: ConnectBy = ConnectBy.PAGE
    endpoints: dict[str, str] = field(default_factory=dict)
    apps: dict[str, AppCredentials] = field(default_factory=dict)
    told: Server | None = None
    """Where LinkedIn sends what happens."""

    async def receiver(self) -> str:
        """An address that was added in the developer portal."""
        assert self.told is not None
        address = f"{self.told.url}/webhooks/linkedin"
        await self.controls.ask("POST", "/webhooks", {"platform": "linkedin", "url": address})
        return address

    @property
    def publisher(self) -> str:
        """The handle of the account that publishes."""
        return self.page or self.handle

    def context(self) -> Context:
        """The world, with the simulated server in place of LinkedIn's."""
        world = self.network.context()
        return replace(world, settings=replace(world.settings, apps=self.apps, endpoints=self.endpoints))

    def unreachable(self, access: Access) -> Access:
        """The same access; LinkedIn's own server answers nobody from now on."""
        self.endpoints[API] = f"http://127.0.0.1:{UNUSED_PORT}"
        return access

    async def begin(self) -> Redirect:
        """Ask for LinkedIn's page."""
        request = StartAuthorization(self.by, {}, REDIRECT_URI, Secret(STATE), ())
        redirect = await self.connector.start(self.context(), request)
        assert isinstance(redirect, Redirect)
        return redirect

    async def sign_in(self) -> Grant:
        """The whole way: page, callback, tokens."""
        redirect = await self.begin()
        params = await self.consent(redirect.url)
        assert params.pop("state") == STATE
        self.secrets.append(STATE)
        return await self.connector.finish(self.context(), FinishAuthorization(params, REDIRECT_URI, redirect.flow))

    async def connect(self) -> Access:
        """Sign in and choose the account that publishes."""
        found = await self.sign_in()
        wanted = "page" if self.page else "profile"
        (granted,) = [one for one in found.accounts if one.account.kind == wanted]
        return self.access(granted)

    def access(self, granted: AccountGrant) -> Access:
        """The access of one account; its tokens must be seen nowhere."""
        tokens = granted.tokens
        self.secrets += [held.reveal() for held in (tokens.access, tokens.refresh) if held is not None]
        self.secrets += [one.client_secret.reveal() for one in self.apps.values() if one.client_secret]
        return Access(granted.account, tokens)

    async def posts(self) -> list[Seen]:
        """What the publishing account has posted, oldest first."""
        return [
            Seen(
                post["id"],
                post["text"],
                post["reply_to"],
                files=len(post["media"]),
                url=post["url"],
                times=post["times_published"],
            )
            for post in await self.shown()
        ]

    async def shown(self) -> list[dict[str, Any]]:
        """The same with all that the platform knows of them."""
        found = await self.controls.ask("GET", f"/ledger?platform=linkedin&account={self.publisher}")
        return [post for post in found["posts"] if post["deleted_at"] is None]

    async def order(self, **fault: Any) -> None:
        """Order a fault for the member's requests."""
        await self.controls.ask("POST", "/faults", {"platform": "linkedin", "account": self.handle, **fault})

    async def status(self, handle: str, status: str) -> None:
        """Change the status of a member or a page."""
        body = {"platform": "linkedin", "handle": handle, "status": status}
        await self.controls.ask("PATCH", "/accounts", body)


@asynccontextmanager
async def linkedin_account(
    sandbox: Sandbox, *, page: bool = True, by: ConnectBy = ConnectBy.PAGE, scopes: str = ""
) -> AsyncIterator[LinkedInHarness]:
    """A fresh member with a fresh page; `scopes` are the operator's own list, where it is set."""
    network = Network()
    async with network.pool:
        origin, handle = sandbox.url("linkedin"), fresh_name()
        controls = Controls(origin, network)
        await controls.ask("POST", "/accounts", {"platform": "linkedin", "handle": handle, "name": "Lina Test"})
        organization: Mapping[str, Any] = {"platform": "linkedin", "handle": f"{handle}-page", "name": "Test Works"}
        await controls.ask("POST", "/accounts", {**organization, "admin": handle})
        connector = LinkedIn(media_interval=timedelta(0), media_attempts=3)
        made = LinkedInHarness(
            connector,
            "linkedin",
            origin,
            # Both requests without a way back: a post, and a comment under it.
            ("POST", "/rest/[ps]o*"),
            handle,
            controls,
            network,
            page=f"{handle}-page" if page else "",
            by=by,
            endpoints=dict(sandbox.endpoints),
            apps={
                MEMBER_APP: credentials(apps.MEMBER_APP, MEMBER_APP, scopes),
                PAGES_APP: credentials(apps.PAGES_APP, PAGES_APP, scopes),
            },
        )
        async with receiving(RECEIVER, [apps.PAGES_APP.client_secret]) as made.told:
            yield made
