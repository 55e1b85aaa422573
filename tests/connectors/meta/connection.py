"""Connects a page or an Instagram account of the simulated Meta, as a user does, and lets Instagram fetch files."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from PIL import Image

from connectors.capabilities import ConnectBy, MediaKind
from connectors.contract import (
    Access,
    AccountGrant,
    AppCredentials,
    Connector,
    ConnectorSettings,
    Context,
    FinishAuthorization,
    Media,
    Redirect,
    StartAuthorization,
)
from connectors.facebook.connector import Facebook
from connectors.instagram.connector import Instagram
from connectors.instagram.containers import Pace
from connectors.sandbox.meta.hosts import INSTAGRAM_APP, META_APP, endpoints
from connectors.secret import Secret
from tests.connectors.harness import PUBLIC_URL, UNUSED_PORT, Network, Trouble
from tests.connectors.loopback import Received, Server, answer, serve
from tests.connectors.simulated import REDIRECT_URI, Controls, SimulatedHarness, fresh_name

STATE = "state-canary-77ab"
APPS = {
    "meta": AppCredentials("meta", META_APP.client_id, Secret(META_APP.secret)),
    "instagram": AppCredentials("instagram", INSTAGRAM_APP.client_id, Secret(INSTAGRAM_APP.secret)),
}
EFFECTS = {"facebook": ("*/feed", "*/comments"), "instagram": ("*/media_publish", "*/comments")}
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 12


@dataclass(slots=True)
class MetaHarness(SimulatedHarness):
    """One account, which bears the handle of the page and of the Instagram account behind it."""

    by: ConnectBy = ConnectBy.OAUTH
    files: Server | None = None
    offered: dict[str, bytes] = field(default_factory=dict)
    """What lies on the file server, by path."""
    apps: Mapping[str, AppCredentials] = field(default_factory=lambda: dict(APPS))
    hosts: dict[str, str] = field(default_factory=dict)

    def context(self) -> Context:
        settings = ConnectorSettings(PUBLIC_URL, apps=self.apps, endpoints=self.hosts)
        return replace(self.network.context(), settings=settings)

    def picture(self) -> Media:
        return self.photo()

    def photo(self, name: str = "m1", alt: str = "A red square", size: tuple[int, int] = (400, 400)) -> Media:
        """A JPEG that the platform can fetch."""
        target = io.BytesIO()
        Image.new("RGB", size, "red").save(target, "JPEG")
        return self.file(name, MediaKind.IMAGE, "image/jpeg", target.getvalue(), alt, size)

    def video(self, name: str = "v1", content: bytes = MP4, seconds: int = 10) -> Media:
        """Something that begins like an MP4."""
        made = self.file(name, MediaKind.VIDEO, "video/mp4", content, "", (1080, 1920))
        return replace(made, duration=timedelta(seconds=seconds))

    def file(self, name: str, kind: MediaKind, mime: str, data: bytes, alt: str, size: tuple[int, int]) -> Media:
        """A file with its bytes and its address; each call of `link` gives another one."""

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(data), 1000):
                yield data[start : start + 1000]

        async def link() -> str:
            assert self.files is not None
            path = f"/{name}-{uuid4().hex}"
            self.offered[path] = data
            return f"{self.files.url}{path}"

        return Media(name, kind, mime, len(data), chunks, alt, *size, filename=f"{name}.bin", link=link)

    async def trouble(self, kind: Trouble) -> None:
        """Order it for the next irreversible request, which is a post or a comment."""
        for path in EFFECTS[self.platform]:
            await self.order(ORDERS[kind], path)

    async def order(self, order: Mapping[str, Any], path: str, method: str = "POST") -> None:
        """Order a fault for this account."""
        whole = {"platform": "meta", "method": method, "path": path, "account": self.handle, **order}
        await self.controls.ask("POST", "/faults", whole)

    def unreachable(self, access: Access) -> Access:
        """From now on nothing answers at Meta's addresses."""
        self.hosts.update(endpoints(f"http://127.0.0.1:{UNUSED_PORT}"))
        return access

    async def begin(self) -> Redirect:
        """Ask for the dialog."""
        request = StartAuthorization(self.by, {}, REDIRECT_URI, Secret(STATE), ())
        redirect = await self.connector.start(self.context(), request)
        assert isinstance(redirect, Redirect)
        return redirect

    async def come_back(self, redirect: Redirect, params: Mapping[str, str]) -> tuple[AccountGrant, ...]:
        """Bring the callback to the connector."""
        finish = FinishAuthorization(dict(params), REDIRECT_URI, redirect.flow)
        return (await self.connector.finish(self.context(), finish)).accounts

    async def granted(self) -> tuple[AccountGrant, ...]:
        """The whole way, with everything ticked."""
        redirect = await self.begin()
        agreed = {"platform": "meta", "handle": self.handle, "url": redirect.url}
        location = (await self.controls.ask("POST", "/consent", agreed))["location"]
        params = callback(location)
        assert params.pop("state").removesuffix("#_") == STATE
        self.secrets += [
            params["code"],
            STATE,
            *(app.client_secret.reveal() for app in APPS.values() if app.client_secret),
        ]
        found = await self.come_back(redirect, params)
        for one in found:
            self.secrets += [one.tokens.access.reveal()]
            self.secrets += [one.tokens.refresh.reveal()] if one.tokens.refresh else []
        return found

    async def connect(self) -> Access:
        (mine,) = [one for one in await self.granted() if one.platform in (None, self.platform)]
        return Access(mine.account, mine.tokens)

    async def shown(self) -> list[dict[str, Any]]:
        """The account's posts with all that the platform knows of them."""
        found = await self.controls.ask("GET", f"/ledger?platform={self.platform}&account={self.handle}")
        posts: list[dict[str, Any]] = found["posts"]
        return posts


ORDERS: Mapping[Trouble, Mapping[str, Any]] = {
    Trouble.LOST_ANSWER: {"kind": "drop_after_effect"},
    Trouble.LOST_REQUEST: {"kind": "drop_before_effect"},
    Trouble.PAUSE: {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    Trouble.BROKEN: {"kind": "status", "status": 500},
    Trouble.EXPIRED: {"kind": "expire_token"},
    Trouble.NONSENSE: {"kind": "wrong_json"},
}


def callback(location: str) -> dict[str, str]:
    """The parameters of a callback, as the application's server gets them: a browser keeps the fragment."""
    return dict(parse_qsl(urlsplit(location).query))


@asynccontextmanager
async def meta_account(
    origin: str, platform: str, by: ConnectBy = ConnectBy.OAUTH, **account: Any
) -> AsyncIterator[MetaHarness]:
    """A fresh page with an Instagram account behind it, managed by somebody of the same name."""
    connectors: dict[str, Connector] = {"facebook": Facebook(), "instagram": Instagram(Pace(timedelta(0), 3))}
    network = Network()
    async with network.pool:
        handle, controls = fresh_name(), Controls(origin, network)
        await controls.ask("POST", "/accounts", {"platform": "meta", "handle": handle, "name": "Meta Test", **account})
        made = MetaHarness(connectors[platform], platform, origin, ("POST", "*"), handle, controls, network)
        made.by, made.hosts = by, endpoints(origin)

        async def handle_file(received: Received, writer: asyncio.StreamWriter) -> None:
            content = made.offered.get(received.target)
            writer.write(answer(404 if content is None else 200, content or b"", content_type="image/jpeg"))

        async with serve(handle_file) as made.files:
            yield made
