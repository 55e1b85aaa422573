"""What the conformance suite needs to know of a platform: how to connect, how to make trouble, what happened there."""

from __future__ import annotations

import io
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import Protocol

from PIL import Image

from connectors.capabilities import MediaKind
from connectors.contract import Access, Connector, ConnectorSettings, Context, Media
from connectors.egress import EgressPolicy
from connectors.exchanges import Exchange
from connectors.http_pool import HttpPool
from connectors.transport import Transport

PUBLIC_URL = "http://127.0.0.1:8000"
UNUSED_PORT = 1
"""Nothing listens on it, and no test can be given it: a connection is refused at once."""


class Trouble(StrEnum):
    """What is to happen to the next irreversible request."""

    LOST_ANSWER = "lost_answer"
    """The platform acts and the connection dies."""
    LOST_REQUEST = "lost_request"
    """The connection dies before the platform acts."""
    PAUSE = "pause"
    """Answered 429 with `Retry-After: 7`; nothing happens."""
    BROKEN = "broken"
    """Answered 500; nothing happens."""
    EXPIRED = "expired"
    """The token is dead."""
    NONSENSE = "nonsense"
    """The platform acts and answers 200 with something undocumented."""


PAUSE_SECONDS = 7


@dataclass(frozen=True, slots=True)
class Seen:
    """A post as readers of the platform see it."""

    id: str
    text: str
    reply_to: str | None = None
    files: int = 0
    url: str | None = None
    times: int = 1
    """How often it was made: more than once is a duplicate."""


class Harness(Protocol):
    """A running platform with one fresh account."""

    connector: Connector
    secrets: list[str]
    """Every value that must not be seen anywhere: passwords, tokens, codes; `connect` adds to it."""

    @property
    def exchanges(self) -> list[Exchange]:
        """What the connector has exchanged with the platform."""
        ...

    def context(self) -> Context:
        """The world; its transport records into `exchanges`."""
        ...

    async def connect(self) -> Access:
        """Connect the account as a user does."""
        ...

    async def trouble(self, kind: Trouble) -> None:
        """Order trouble for the next irreversible request."""
        ...

    async def posts(self) -> list[Seen]:
        """The account's posts that are there now, oldest first."""
        ...

    def unreachable(self, access: Access) -> Access:
        """The same access with a server that nothing answers for."""
        ...

    async def receiver(self) -> str:
        """An address of ours that the platform may tell; asked for where a way to connect declares `listening`."""
        ...

    def picture(self) -> Media:
        """A small picture as the application would hand it over, already made to fit."""
        ...


async def _no_names(host: str, port: int) -> Sequence[str]:
    """A directory without entries: simulated platforms are reached by number, and no question leaves the machine."""
    raise OSError(f"{host}:{port} is not looked up in tests")


NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: simulated platforms speak plain HTTP, and reading certificates takes longer than a test."""
LOOPBACK = EgressPolicy(allow=(ip_network("127.0.0.0/8"),), resolver=_no_names)


@dataclass(slots=True)
class Network:
    """A pool that may call this machine, with a record of every exchange."""

    pool: HttpPool = field(default_factory=lambda: HttpPool(egress=LOOPBACK, total=10.0, tls=NO_TLS))
    exchanges: list[Exchange] = field(default_factory=list)
    settings: ConnectorSettings = field(default_factory=lambda: ConnectorSettings(public_url=PUBLIC_URL))

    def context(self) -> Context:
        """The world as a connector sees it, on this machine."""
        return Context(Transport(self.pool, recorder=self.exchanges.append), lambda: datetime.now(UTC), self.settings)


def picture(name: str = "m1", alt: str = "A red square") -> Media:
    """A small PNG."""
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, "PNG")
    data = target.getvalue()

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return Media(name, MediaKind.IMAGE, "image/png", len(data), chunks, alt=alt, width=8, height=8, filename="red.png")
