"""Harness for the simulated platforms: accounts, trouble and effects through the sandbox's control API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from connectors.contract import Access, Connector, ConnectorSettings, Context, Media
from connectors.exchanges import Exchange
from connectors.transport import Transport
from tests.connectors.harness import PAUSE_SECONDS, PUBLIC_URL, UNUSED_PORT, Network, Seen, Trouble, picture

REDIRECT_URI = f"{PUBLIC_URL}/oauth/callback"

_ORDERS: Mapping[Trouble, Mapping[str, Any]] = {
    Trouble.LOST_ANSWER: {"kind": "drop_after_effect"},
    Trouble.LOST_REQUEST: {"kind": "drop_before_effect"},
    Trouble.PAUSE: {"kind": "status", "status": 429, "headers": {"Retry-After": str(PAUSE_SECONDS)}},
    Trouble.BROKEN: {"kind": "status", "status": 500},
    Trouble.EXPIRED: {"kind": "expire_token"},
    Trouble.NONSENSE: {"kind": "wrong_json"},
}


@dataclass(slots=True)
class Controls:
    """The control API of a running sandbox."""

    origin: str
    network: Network

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the control API; the exchange is not recorded with those of the connector."""
        answer = await Transport(self.network.pool).send(method, f"{self.origin}/_sandbox{path}", json=body)
        assert answer.ok, answer.body
        return answer.json()


@dataclass(slots=True)
class SimulatedHarness:
    """What both simulated platforms have in common; a subclass knows how to connect."""

    connector: Connector
    platform: str
    origin: str
    effect: tuple[str, str]
    """Method and path of the irreversible request."""
    handle: str
    controls: Controls
    network: Network
    secrets: list[str] = field(default_factory=list)

    @property
    def exchanges(self) -> list[Exchange]:
        """What the connector has exchanged with the platform."""
        return self.network.exchanges

    def context(self) -> Context:
        """The world, with directories that are the sandbox's."""
        settings = ConnectorSettings(PUBLIC_URL, plc_url=self.origin, handle_resolver=self.origin)
        return replace(self.network.context(), settings=settings)

    async def trouble(self, kind: Trouble) -> None:
        """Order it for this account's next irreversible request."""
        method, path = self.effect
        order = {"platform": self.platform, "method": method, "path": path, "account": self.handle, **_ORDERS[kind]}
        await self.controls.ask("POST", "/faults", order)

    async def posts(self) -> list[Seen]:
        """The account's posts that are there now, oldest first."""
        found = await self.controls.ask("GET", f"/ledger?platform={self.platform}&account={self.handle}")
        return [
            Seen(
                post["id"],
                post["text"],
                post["reply_to"],
                files=len(post["media"]),
                url=post["url"],
                times=post["times_published"],
            )
            for post in found["posts"]
            if post["deleted_at"] is None
        ]

    def unreachable(self, access: Access) -> Access:
        """The same access at a port that nobody listens on."""
        return replace(access, account=replace(access.account, server=f"http://127.0.0.1:{UNUSED_PORT}"))

    async def receiver(self) -> str:
        """Where the platform may tell what happens."""
        return f"{PUBLIC_URL}/webhooks/{self.platform}"

    def picture(self) -> Media:
        """A small PNG."""
        return picture()

    async def consent(self, url: str) -> dict[str, str]:
        """Agree on the platform's page; gives the callback's parameters."""
        answer = await self.controls.ask(
            "POST", "/consent", {"platform": self.platform, "handle": self.handle, "url": url}
        )
        params = dict(parse_qsl(urlsplit(answer["location"]).query))
        self.secrets.append(params["code"])
        return params


def fresh_name() -> str:
    """A user name that no other test has."""
    return f"t{uuid4().hex[:12]}"
