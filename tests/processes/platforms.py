"""The simulated platforms from outside: their ledger, their requests, and the faults that a test orders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from connectors.egress import EgressPolicy
from connectors.http_pool import HttpPool
from connectors.transport import Transport

PUBLISH = {"bluesky": "/xrpc/com.atproto.repo.putRecord", "mastodon": "/api/v1/statuses"}
UPLOAD = {"bluesky": "/xrpc/com.atproto.repo.uploadBlob", "mastodon": "/api/v2/media"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was ordered."""

    platforms: Platforms
    id: str

    async def hit(self) -> None:
        """Return once it has a request in its hands."""
        await self.platforms.ask("GET", f"/faults/{self.id}?hits=1&timeout=60")

    async def release(self, how: str) -> None:
        """Let go of the request: the platform acts (`act`), or the connection is closed (`drop`)."""
        await self.platforms.ask("POST", f"/faults/{self.id}/release", {"how": how})


@dataclass(frozen=True, slots=True)
class Platforms:
    """The control API of the running sandbox."""

    bluesky: str
    mastodon: str
    http: Transport

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the control API."""
        answer = await self.http.send(method, f"{self.bluesky}/_sandbox{path}", json=body, timeout=70)
        assert answer.ok, answer.body
        return answer.json()

    async def hold(self, platform: str, handle: str, path: str, *, kind: str = "hold", skip: int = 0) -> Fault:
        """Order that an account's next request (or the one after `skip` of them) is held."""
        order = {"kind": kind, "platform": platform, "method": "POST", "path": path, "account": handle, "skip": skip}
        return Fault(self, (await self.ask("POST", "/faults", order))["id"])

    async def posts(self, platform: str, handle: str) -> list[dict[str, Any]]:
        """What the readers of an account see, in order."""
        found = (await self.ask("GET", f"/ledger?platform={platform}&account={handle}"))["posts"]
        return [post for post in found if post["deleted_at"] is None]

    async def effects(self, platform: str, handle: str) -> list[dict[str, Any]]:
        """Everything that ever happened on an account, in order."""
        found = (await self.ask("GET", "/ledger/effects"))["effects"]
        return [one for one in found if (one["platform"], one["account"]) == (platform, handle)]

    async def requests(self, platform: str, handle: str, path: str) -> list[dict[str, Any]]:
        """The POST requests of an account to a path, in order of their ends."""
        found = (await self.ask("GET", f"/requests?platform={platform}&path={path}"))["requests"]
        return [one for one in found if one["account"] == handle and one["method"] == "POST"]


async def hit(faults: Sequence[Fault]) -> None:
    """Return once each fault has a request in its hands."""
    await asyncio.gather(*(fault.hit() for fault in faults))


async def release(faults: Sequence[Fault], how: str) -> None:
    """Let go of what each fault holds."""
    await asyncio.gather(*(fault.release(how) for fault in faults))


@asynccontextmanager
async def platforms(addresses: Mapping[str, str]) -> AsyncIterator[Platforms]:
    """The control API at the addresses that the sandbox wrote down."""
    # Each fault that is waited for takes one.
    async with HttpPool(egress=EgressPolicy(allow=(ip_network("127.0.0.0/8"),)), connections=200) as pool:
        yield Platforms(addresses["bluesky"], addresses["mastodon"], Transport(pool))
