"""A simulated Bluesky with one fresh account, as the stories of this folder use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.bluesky.connector import Bluesky
from connectors.capabilities import ConnectBy
from connectors.contract import (
    Access,
    AppCredentials,
    Connector,
    ConnectorSettings,
    Context,
    FinishAuthorization,
    Grant,
    Redirect,
    StartAuthorization,
)
from connectors.egress import EgressPolicy
from connectors.exchanges import Exchange
from connectors.http_pool import HttpPool
from connectors.secret import Secret
from connectors.transport import Transport
from tests.connectors.harness import PUBLIC_URL, UNUSED_PORT, Seen, Trouble

CALLBACK = f"{PUBLIC_URL}/oauth/bluesky/callback"
WRITES = "/xrpc/com.atproto.repo.[ap]*"
"""The irreversible requests: applyWrites and putRecord."""

ORDERS: dict[Trouble, dict[str, Any]] = {
    Trouble.LOST_ANSWER: {"kind": "drop_after_effect"},
    Trouble.LOST_REQUEST: {"kind": "drop_before_effect"},
    Trouble.PAUSE: {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    Trouble.BROKEN: {"kind": "status", "status": 500},
    Trouble.EXPIRED: {"kind": "expire_token"},
    Trouble.NONSENSE: {"kind": "wrong_json"},
}


async def no_names(host: str, port: int) -> Sequence[str]:
    """Handles of tests have no web servers: every lookup fails, and nothing leaves the machine."""
    raise OSError(f"{host}:{port} is not known here")


def pool() -> HttpPool:
    """Connections to this machine only."""
    return HttpPool(egress=EgressPolicy((ip_network("127.0.0.0/8"),), no_names), total=10.0)


@dataclass(slots=True)
class BlueskyHarness:
    """One account on the simulated server, connected in one of the two ways."""

    url: str
    handle: str
    password: str
    http: HttpPool
    by: ConnectBy
    connector: Connector = field(default_factory=Bluesky)
    resolver: str | None = None
    """Who resolves handles in place of the simulated server."""
    exchanges: list[Exchange] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def context(self) -> Context:
        settings = ConnectorSettings(PUBLIC_URL, plc_url=self.url, handle_resolver=self.resolver or self.url)
        return Context(Transport(self.http, recorder=self.exchanges.append), lambda: datetime.now(UTC), settings)

    async def connect(self) -> Access:
        grant = await (self.authorize() if self.by is ConnectBy.OAUTH else self.log_in())
        account, tokens = grant.accounts[0].account, grant.accounts[0].tokens
        self.secrets += [tokens.access.reveal(), tokens.refresh.reveal() if tokens.refresh else ""]
        self.secrets += [value.reveal() for name, value in tokens.extra.items() if name == "dpop_key"]
        return Access(account, tokens)

    async def log_in(self, **fields: str) -> Grant:
        self.secrets.append(self.password)
        typed = {"identifier": self.handle, "password": self.password} | fields
        return await self._started({name: Secret(value) for name, value in typed.items()}, ConnectBy.APP_PASSWORD)

    async def authorize(self, identifier: str | None = None, app: AppCredentials | None = None) -> Grant:
        redirect = await self.redirect(identifier or self.handle, app)
        return await self.finish(redirect, await self.consent(redirect.url), app)

    async def redirect(self, identifier: str, app: AppCredentials | None = None) -> Redirect:
        fields = {"identifier": Secret(identifier)}
        redirect = await self.connector.start(
            self.context(), StartAuthorization(ConnectBy.OAUTH, fields, CALLBACK, Secret("state-1"), (), app)
        )
        assert isinstance(redirect, Redirect)
        return redirect

    async def consent(self, page: str, *, allow: bool = True) -> dict[str, str]:
        body = {"platform": "bluesky", "handle": self.handle, "url": page, "allow": allow}
        location = (await self.control("POST", "consent", body))["location"]
        return dict(parse_qsl(urlsplit(location).query))

    async def finish(self, redirect: Redirect, params: dict[str, str], app: AppCredentials | None = None) -> Grant:
        request = FinishAuthorization(params, CALLBACK, redirect.flow, app)
        return await self.connector.finish(self.context(), request)

    async def trouble(self, kind: Trouble) -> None:
        await self.fault(**ORDERS[kind])

    async def fault(self, **order: Any) -> None:
        await self.control("POST", "faults", {"platform": "bluesky", "path": WRITES} | order)

    async def posts(self) -> list[Seen]:
        return [
            Seen(
                id=post["id"],
                text=post["text"],
                reply_to=post["reply_to"],
                files=len(post["media"]),
                url=post["url"],
                times=post["times_published"],
            )
            for post in await self.ledger()
            if post["deleted_at"] is None
        ]

    async def ledger(self, kind: str = "post") -> list[dict[str, Any]]:
        found = await self.control("GET", f"ledger?platform=bluesky&account={self.handle}&kind={kind}")
        entries: list[dict[str, Any]] = found["posts"]
        return entries

    def unreachable(self, access: Access) -> Access:
        return replace(access, account=replace(access.account, server=f"http://127.0.0.1:{UNUSED_PORT}"))

    async def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await Transport(self.http).send(method, f"{self.url}/_sandbox/{path}", json=body)
        assert answer.ok, answer.body
        found: dict[str, Any] = answer.json()
        return found

    async def _started(self, fields: dict[str, Secret], by: ConnectBy) -> Grant:
        grant = await self.connector.start(
            self.context(), StartAuthorization(by, fields, CALLBACK, Secret("state-1"), ())
        )
        assert isinstance(grant, Grant)
        return grant
