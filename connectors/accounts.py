"""Accounts and the access to them: what a platform grants, and what an authorization goes through on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.capabilities import ConnectBy
from connectors.secret import Secret


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
    owner_id: str | None = None
    """Who granted the access, by the id that the platform's webhooks name: Meta's app-scoped user id of the person who
    signed in, which is not the page's. It also says which accounts live by one consent, where a platform ends only
    the whole of it. None where each account has its own access."""
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
    platform: str | None = None
    """The platform of the account, where one sign-in gives accounts of several; None: the one that was asked for."""
    granted_at: datetime | None = None
    """When the person came back with it, which may be a while before they choose; written by the application."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authorization gave: the accounts to choose from."""

    accounts: tuple[AccountGrant, ...]


@dataclass(frozen=True, slots=True)
class Revocation:
    """What became of an access at the platform. A platform that was told and refuses is a fault instead."""

    told: bool = True
    why: str = ""
    """Where it was not told: the reason, and what the person can do there. Whole sentences."""


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
