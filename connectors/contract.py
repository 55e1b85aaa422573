"""The contract between the application and a platform.

A connector is data (`Capabilities`, fault rules) and one small class that implements `Connector`. It holds no
state between calls: everything that it may use is handed to it (`Context`: HTTP, clock, configuration; `Access`:
the account and its tokens), and everything that must survive a crash is given back (`Checkpoint`, outcomes).

A publish has two halves. `prepare` may be repeated: it uploads files and makes drafts, and saves what it has
done. `publish` makes exactly one irreversible request. Between the two the application writes down its intent,
so that a crash falls into one of two named cases: nothing happened, or the outcome is unknown.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from connectors.capabilities import Capabilities, ConnectBy, MediaKind
from connectors.faults import Fault
from connectors.secret import Secret
from connectors.transport import Transport

# ------------------------------------------------------------------------------------------------ content


@dataclass(frozen=True, slots=True)
class Media:
    """One file of a post, already made to fit the platform's rules."""

    id: str
    kind: MediaKind
    mime: str
    size: int
    open: Callable[[], AsyncIterator[bytes]]
    """Gives the bytes from the start, in chunks; may be called again for another try."""
    alt: str = ""
    width: int | None = None
    height: int | None = None
    duration: timedelta | None = None
    filename: str = "file"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is shown as a card."""

    url: str
    title: str = ""
    description: str = ""
    thumbnail: Media | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One post: the only one, or one of a thread."""

    text: str = ""
    media: tuple[Media, ...] = ()
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be published on one account, with all overrides applied."""

    parts: tuple[Part, ...]
    languages: tuple[str, ...] = ()
    """BCP 47 tags."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The platform's own options, by `Option.name`."""


class Severity(StrEnum):
    """Whether a problem stops the post."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why content does not fit, found before anything is sent."""

    path: tuple[str, ...]
    """Where, e.g. `("parts", "0", "text")`."""
    rule: str
    message: str
    fix: str = ""
    measured: str | None = None
    limit: str | None = None
    severity: Severity = Severity.ERROR


# ------------------------------------------------------------------------------------------------ accounts


@dataclass(frozen=True, slots=True)
class Account:
    """An account on a platform, keyed by what never changes."""

    external_id: str
    """Stable for ever: a DID, an account's URI. Handles change."""
    handle: str
    name: str
    server: str
    """Origin of the server that holds the account, e.g. `https://mastodon.social`."""
    kind: str = "profile"
    url: str | None = None
    avatar_url: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    """Figures of this account or its server, by `Limit.rule`."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the platform gave us to act for an account. Sealed by the vault wherever it rests."""

    access: Secret
    refresh: Secret | None = None
    expires_at: datetime | None = None
    """When `access` dies; None: it does not expire by itself."""
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    method: ConnectBy = ConnectBy.OAUTH
    extra: Mapping[str, Secret] = field(default_factory=dict)
    """More that belongs to the grant, e.g. the DPoP key and the issuer."""


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """Our client at one authorization server."""

    key: str
    """Which server: its origin."""
    client_id: str
    client_secret: Secret | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountGrant:
    """One account with the tokens that act for it."""

    account: Account
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authorization gave: the accounts to choose from."""

    accounts: tuple[AccountGrant, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the user to the platform; keep `flow` sealed until the callback."""

    url: str
    issuer: str | None
    """Who must answer (RFC 9207); None where the platform does not say."""
    flow: Mapping[str, Secret] = field(default_factory=dict)
    """PKCE verifier, DPoP key, nonces, the server's addresses."""


@dataclass(frozen=True, slots=True)
class StartAuthorization:
    """A user wants to connect."""

    by: ConnectBy
    fields: Mapping[str, Secret]
    """What the user typed, by `ConnectField.name`; all of it is treated as secret."""
    redirect_uri: str
    state: Secret
    scopes: tuple[str, ...]
    app: AppCredentials | None = None


@dataclass(frozen=True, slots=True)
class FinishAuthorization:
    """The platform sent the user back. State, cookie and issuer have been checked already."""

    params: Mapping[str, str]
    redirect_uri: str
    flow: Mapping[str, Secret]
    app: AppCredentials | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What a call on behalf of an account needs."""

    account: Account
    tokens: Tokens
    app: AppCredentials | None = None


# ------------------------------------------------------------------------------------------------ publishing


@dataclass(frozen=True, slots=True)
class PublishedRef:
    """A post on the platform."""

    id: str
    """The platform's own, e.g. an `at://` URI or a status id."""
    url: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    """More that a reply or an edit needs, e.g. Bluesky's cid."""


@dataclass(frozen=True, slots=True)
class PublishTask:
    """One part to be published. Every field is the same on each try within an epoch."""

    part: Part
    position: int
    attempt_key: UUID
    """Our idempotency key: constant until a person decides to send again."""
    composed_at: datetime
    """The time that goes into the stored record; constant, so that a resend is byte-equal."""
    options: Mapping[str, Any] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    """What `prepare` has saved so far (JSON)."""
    root: PublishedRef | None = None
    parent: PublishedRef | None = None
    intended_at: datetime | None = None
    """When the irreversible request was about to leave; set for `reconcile` and `poll`."""


class PrepareStep(StrEnum):
    """How far the repeatable half has come."""

    MEDIA_UPLOADED = "media_uploaded"
    CONTAINER_CREATED = "container_created"


Save = Callable[[PrepareStep, Mapping[str, Any]], Awaitable[None]]
"""Stores a checkpoint. When it returns, the step is durable and is not repeated after a crash."""


@dataclass(frozen=True, slots=True)
class Published:
    """It is out."""

    ref: PublishedRef


@dataclass(frozen=True, slots=True)
class Pending:
    """The platform has taken it and is still working."""

    checkpoint: Mapping[str, Any]
    poll_after: timedelta


@dataclass(frozen=True, slots=True)
class Failed:
    """It is proved that nothing was published."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent and nobody knows yet."""

    fault: Fault


Outcome = Published | Pending | Failed | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """Reconcile found the post."""

    ref: PublishedRef
    evidence: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Reconcile proved that the post is not there: sending again with the same key is safe."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Reconcile could not tell: a person looks."""

    evidence: str


Finding = Found | Absent | Undecided


@dataclass(frozen=True, slots=True)
class Metrics:
    """Public figures of one post; a figure that the platform does not give is absent, never 0."""

    ref: str
    values: Mapping[str, int]
    at: datetime


# ------------------------------------------------------------------------------------------------ the protocol


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


@dataclass(frozen=True, slots=True)
class Context:
    """The world as a connector sees it."""

    http: Transport
    now: Callable[[], datetime]
    settings: ConnectorSettings


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

    async def revoke(self, cx: Context, access: Access) -> None:
        """Tell the platform to forget the tokens. Already forgotten is fine."""
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
