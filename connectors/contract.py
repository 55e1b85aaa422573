"""The contract between the application and a platform.

A connector is data (`Capabilities`, fault rules) and one small class that implements `Connector`. It holds no
state between calls: everything that it may use is handed to it (`Context`: HTTP, clock, configuration; `Access`:
the account and its tokens), and everything that must survive a crash is given back (`Checkpoint`, outcomes).

A publish has two halves. `prepare` may be repeated: it uploads files and makes drafts, and saves what it has
done. `publish` makes exactly one irreversible request. Between the two the application writes down its intent,
so that a crash falls into one of two named cases: nothing happened, or the outcome is unknown.

The contract stands in four files: `content` (what is published), `accounts` (who publishes), `outcomes` (what comes of
it) and this one, which a connector and the application import all of it from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from connectors.accounts import (
    Access,
    Account,
    AccountGrant,
    AppCredentials,
    FinishAuthorization,
    Grant,
    Redirect,
    Revocation,
    StartAuthorization,
    Tokens,
)
from connectors.capabilities import Capabilities
from connectors.content import Content, Link, Media, Part, Problem, Severity
from connectors.listening import Subscribed
from connectors.outcomes import (
    Absent,
    Failed,
    Finding,
    Found,
    Metrics,
    Outcome,
    Pending,
    PrepareStep,
    Published,
    PublishedRef,
    PublishTask,
    Save,
    Undecided,
    Unknown,
    polled,
)
from connectors.quotas import QuotaFigure
from connectors.secret import Secret
from connectors.transport import Transport

__all__ = [
    "Absent",
    "Access",
    "Account",
    "AccountGrant",
    "AppCredentials",
    "Connector",
    "ConnectorSettings",
    "Content",
    "Context",
    "Failed",
    "Finding",
    "FinishAuthorization",
    "Found",
    "Grant",
    "Link",
    "Listens",
    "Media",
    "Metrics",
    "Outcome",
    "Part",
    "Pending",
    "PrepareStep",
    "Problem",
    "PublishTask",
    "Published",
    "PublishedRef",
    "QuotaFigure",
    "Redirect",
    "Remembers",
    "Revocation",
    "Save",
    "Severity",
    "StartAuthorization",
    "Subscribed",
    "Tokens",
    "Undecided",
    "Unknown",
    "polled",
]


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """What an operator can set for connectors."""

    public_url: str
    """Our own origin, e.g. `https://postd.example`; loopback addresses mean development."""
    client_name: str = "POSTD"
    plc_url: str = "https://plc.directory"
    """The directory of did:plc documents (Bluesky)."""
    handle_resolver: str = "https://public.api.bsky.app"
    """A server that resolves handles when the handle's own host does not."""
    apps: Mapping[str, AppCredentials] = field(default_factory=dict)
    """The operator's own applications at closed platforms, by name (`ConnectMethod.app`)."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Where to find a platform's server instead, by the origin that its documentation names: the simulated one."""

    def at(self, origin: str) -> str:
        """The address of the server that the documentation calls `origin`, e.g. `https://graph.facebook.com`."""
        return self.endpoints.get(origin, origin)


@dataclass(frozen=True, slots=True)
class Context:
    """The world as a connector sees it."""

    http: Transport
    now: Callable[[], datetime]
    settings: ConnectorSettings
    told: Callable[[QuotaFigure], None] = lambda _: None
    """Takes what the platform says of an allowance; it overrides what was counted here."""


class Connector(Protocol):
    """A platform. Every method may raise `PlatformFault`; none keeps state."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do, as data."""
        ...

    # -- connecting

    def app_key(self, fields: Mapping[str, Secret]) -> str | None:
        """Which authorization server needs a registered client of ours; None where none does."""
        ...

    async def register(self, cx: Context, app_key: str, redirect_uri: str) -> AppCredentials:
        """Register our client there. Called once per server; the answer is stored sealed."""
        ...

    async def start(self, cx: Context, request: StartAuthorization) -> Redirect | Grant:
        """Begin to connect: an address to send the user to, or the grant at once (app passwords)."""
        ...

    async def finish(self, cx: Context, request: FinishAuthorization) -> Grant:
        """Turn the callback into tokens and accounts."""
        ...

    async def refresh(self, cx: Context, access: Access) -> Tokens:
        """Fresh tokens in place of `access.tokens`. Called by one worker at a time."""
        ...

    async def revoke(self, cx: Context, access: Access) -> Revocation:
        """Tell the platform to forget the access, and say whether it was told. Already forgotten is fine.

        Called only where no other connection of the installation lives by the same person's consent.
        """
        ...

    async def check(self, cx: Context, access: Access) -> Account:
        """The account as it is now, by the cheapest call that proves the token."""
        ...

    # -- publishing

    def validate(self, content: Content, account: Account) -> Sequence[Problem]:
        """Every reason why the platform would refuse the content. Pure, no network."""
        ...

    async def prepare(self, cx: Context, access: Access, task: PublishTask, save: Save) -> Mapping[str, Any]:
        """Do what may be repeated (uploads, drafts); give the final checkpoint. Skips what the checkpoint has."""
        ...

    async def publish(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Make the one irreversible request (with `effect=True`). Never retries it."""
        ...

    async def poll(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Look once at a post that the platform is processing."""
        ...

    async def reconcile(self, cx: Context, access: Access, task: PublishTask) -> Finding:
        """Find out whether a lost publish happened. Reads only."""
        ...

    # -- afterwards

    async def edit(self, cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
        """Change a published post. Refused with a fault where `can_edit` is false."""
        ...

    async def delete(self, cx: Context, access: Access, ref: PublishedRef) -> None:
        """Remove a published post. Already removed is fine."""
        ...

    async def metrics(self, cx: Context, access: Access, refs: Sequence[PublishedRef]) -> Sequence[Metrics]:
        """Public figures of posts; posts that are gone are left out."""
        ...

    async def account_metrics(self, cx: Context, access: Access) -> Metrics:
        """Figures of the account itself, with `Account.external_id` as `ref`."""
        ...


@runtime_checkable
class Remembers(Protocol):
    """What a connector can do besides, where its platform tells how an account was (`Given.history`)."""

    async def account_history(self, cx: Context, access: Access, since: datetime, until: datetime) -> Sequence[Metrics]:
        """The account's figures of each day that ends after `since` and not after `until`; `at` is the day's end.

        What the platform restates or tells late is asked for again. May raise `PlatformFault`.
        """
        ...


@runtime_checkable
class Listens(Protocol):
    """What a connector can do besides, where a way to connect declares `listening`. Both may raise `PlatformFault`."""

    async def listen(self, cx: Context, access: Access, address: str) -> Subscribed:
        """See to it that the platform tells `address` what happens on the account. Done already is fine."""
        ...

    async def stop_listening(self, cx: Context, access: Access, to: Collection[str]) -> None:
        """End these subscriptions (`Subscribed.to`), which nobody here needs any more. Ended already is fine."""
        ...
