"""Every setting of the installation, read from `POSTD_*` variables, an `.env` file and secret files.

A setting named `vault_keys` is read from the variable `POSTD_VAULT_KEYS`, or from a file of that name in the folder
that `POSTD_SECRETS_DIR` names. Settings are built once by a root, checked
all at once, and passed in; nothing imports them as a global.
"""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Words = Annotated[tuple[str, ...], NoDecode]
"""Several values in one variable, separated by commas."""


class Environment(StrEnum):
    """Which rules hold: production refuses what development allows."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class Timing(BaseSettings):
    """Every interval of the publisher, in seconds. The demo and the tests run them short."""

    model_config = SettingsConfigDict(env_prefix="POSTD_", env_file=".env", extra="ignore", frozen=True)

    lease: float = Field(default=60, gt=0, description="How long a worker owns a job before others may take it over.")
    lease_margin: float = Field(default=10, gt=0, description="How long before the end of its lease a worker gives up.")
    offer_again: float = Field(default=30, gt=0, description="When a wake-up that nobody answered is sent again.")
    scan: float = Field(default=0.25, gt=0, description="The longest sleep of the scheduler.")
    settle_delay: float = Field(
        default=90, gt=0, description="How long reconcile waits before it believes 'not found'."
    )
    platform_pace: float = Field(
        default=1,
        gt=0,
        description="Multiplies the delays that platforms declare; for simulated ones that settle at once.",
    )
    backoff: float = Field(default=15, gt=0, description="The first wait after a transient fault; doubled each time.")
    backoff_cap: float = Field(default=1800, gt=0, description="The longest wait between two tries.")
    max_attempts: int = Field(default=8, ge=1, description="How many tries a job has.")
    max_crashes: int = Field(default=3, ge=1, description="How many workers a job may take down before it is buried.")
    publish_window: float = Field(
        default=6 * 3600, gt=0, description="publishBy when the user gives none: planned time plus this."
    )
    review_after: float = Field(
        default=900, gt=0, description="How long an unknown outcome is searched for before a person is asked."
    )
    refresh_ahead: float = Field(
        default=600, gt=0, description="A token that dies within this time is refreshed first."
    )
    monitor: float = Field(default=60, gt=0, description="The shortest time between two looks at a connection.")
    ping_every: float = Field(
        default=86400, gt=0, description="How often each platform is asked whether an account can still be used."
    )
    expiry_horizon: float = Field(
        default=7 * 86400,
        gt=0,
        description="A connection whose token dies within this, and within a fifth of its life, is expiring soon.",
    )
    feed_poll: float = Field(
        default=15, gt=0, description="How often a live feed looks by itself, should a bus message be lost."
    )
    event_retention: float = Field(
        default=7 * 86400, gt=0, description="How long events are kept for resuming subscribers."
    )
    webhook_retention: float = Field(
        default=30 * 86400, gt=0, description="How long incoming webhooks are kept, and so known as duplicates."
    )
    webhook_orphan_retention: float = Field(
        default=7 * 86400, gt=0, description="How long incoming webhooks are kept that concern no account here."
    )
    media_unused: float = Field(default=30 * 86400, gt=0, description="How long a file is kept that no post has shown.")
    request_timeout: float = Field(default=30, gt=0, description="Total time of one call to a platform.")

    @property
    def horizon(self) -> timedelta:
        """How far ahead a dying token is a reason to tell the user."""
        return timedelta(seconds=self.expiry_horizon)

    @property
    def monitor_interval(self) -> timedelta:
        """The shortest time between two looks at a connection."""
        return timedelta(seconds=self.monitor)

    @property
    def ping_interval(self) -> timedelta:
        """How often a connection is proved at its platform."""
        return timedelta(seconds=self.ping_every)

    @property
    def renew_ahead(self) -> timedelta:
        """How long before its end a token is renewed at the latest."""
        return timedelta(seconds=self.refresh_ahead)

    @model_validator(mode="after")
    def margins_fit(self) -> Self:
        """Refuse a margin that leaves a worker no time."""
        if self.lease_margin >= self.lease:
            raise ValueError("POSTD_LEASE_MARGIN must be shorter than POSTD_LEASE")
        return self


class PlatformApp(BaseModel):
    """The operator's own application at a closed platform, as the platform's developer console shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str
    client_secret: SecretStr
    webhook_secrets: tuple[SecretStr, ...] = ()
    """What the platform signs its webhooks with, newest first; empty where that is the client secret."""
    verify_token: SecretStr | None = None
    """What the platform repeats when it is told our webhook address."""
    extra: dict[str, str] = Field(default_factory=dict)
    """More that the platform's sign-in takes, e.g. Meta's `config_id`."""


class Settings(BaseSettings):
    """The installation's settings. See `.env.example` for each with its meaning."""

    model_config = SettingsConfigDict(
        env_prefix="POSTD_",
        env_file=".env",
        secrets_dir=os.environ.get("POSTD_SECRETS_DIR"),
        extra="ignore",
        frozen=True,
        env_nested_delimiter="__",
        env_ignore_empty=True,
    )

    environment: Environment = Field(
        default=Environment.PRODUCTION,
        description="`production` or `development`: production refuses what development allows.",
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL, e.g. postgresql://user:password@host/postd"
    )
    migration_url: SecretStr | None = Field(
        default=None, description="The owner's login for migrations; by default database_url."
    )
    redis_url: SecretStr | None = Field(default=None, description="Redis or Valkey, e.g. redis://:password@host:6379/0")
    vault_keys: SecretStr | None = Field(
        default=None, description="Master keys as id:base64 of 32 bytes, comma separated, newest first."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="Our own origin, as browsers and platforms reach it."
    )
    host: str = Field(default="127.0.0.1", description="The address that the API listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port that the API listens on.")
    allowed_origins: Words = Field(default=(), description="Origins of frontends that may call the API from a browser.")
    trusted_proxies: Words = Field(
        default=(), description="Addresses of reverse proxies whose X-Forwarded-* headers are believed."
    )
    media_store: str = Field(
        default="file:.postd/media", description="Where media bytes live: file:FOLDER, s3://bucket, gs://, az://"
    )
    media_max_bytes: int = Field(
        default=300 * 1024 * 1024, gt=0, description="The largest file that is taken, in bytes."
    )
    ffprobe: str = Field(
        default="ffprobe",
        description="The program that looks into videos: a name or a path. Without it less is known of a video.",
    )
    egress_allow: Words = Field(
        default=(), description="Private networks that may be called all the same, e.g. 127.0.0.0/8"
    )
    egress_proxy: str | None = Field(default=None, description="An HTTP proxy for every outgoing call.")
    plc_url: str = Field(default="https://plc.directory", description="The directory of did:plc documents (Bluesky).")
    handle_resolver: str = Field(
        default="https://public.api.bsky.app", description="Who resolves Bluesky handles whose own host does not."
    )
    client_name: str = Field(default="POSTD", description="The name that platforms show on their consent pages.")
    apps: dict[str, PlatformApp] = Field(
        default_factory=dict,
        description="Your applications at closed platforms, as JSON by name: "
        '{"meta": {"client_id": "...", "client_secret": "..."}}; or each value alone: POSTD_APPS__META__CLIENT_ID=...',
    )
    endpoints: dict[str, str] = Field(
        default_factory=dict,
        description="Other addresses for platforms' servers, as JSON by the documented origin (simulated platforms).",
    )
    connectors: Words = Field(default=(), description="Which connectors are offered; empty means all.")
    public_schema: bool = Field(default=False, description="Introspection without a key.")
    playground: bool = Field(default=True, description="Serve the playground at /graphql to browsers.")
    persisted_only: bool = Field(
        default=False, description="Accept only documents that are listed in persisted_documents."
    )
    persisted_documents: Path | None = Field(default=None, description="A JSON file: sha256 of a document -> document.")
    max_depth: int = Field(default=10, ge=1, description="The deepest selection of a GraphQL operation.")
    max_aliases: int = Field(default=30, ge=0, description="The most aliases in a GraphQL operation.")
    max_fields: int = Field(default=300, ge=1, description="The most fields in a GraphQL operation, fragments spread.")
    max_tokens: int = Field(default=1000, ge=1, description="The longest GraphQL document, in tokens.")
    max_cost: int = Field(default=20_000, ge=1, description="The most nodes that a GraphQL operation may ask for.")
    operation_timeout: float = Field(default=10, gt=0, description="Seconds that a query or mutation may take.")
    key_rate: float = Field(default=50, gt=0, description="Requests per second that one API key may make.")
    key_burst: int = Field(default=200, ge=1, description="Requests that one API key may make at once.")
    key_sockets: int = Field(
        default=200, ge=1, description="Sockets and streams that one API key may hold open in one process."
    )
    worker_processes: int = Field(default=1, ge=1, description="Processes of one `postd worker`.")
    worker_threads: int = Field(default=16, ge=1, description="Jobs that one worker process publishes at a time.")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Workers and schedulers serve /metrics from this port on; 0 means not."
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(default=True, description="Log lines as JSON; false for people at a terminal.")
    data_dir: Path = Field(default=Path(".postd"), description="Where embedded services keep their data.")
    timing: Timing = Field(default_factory=Timing)

    @field_validator("allowed_origins", "trusted_proxies", "egress_allow", "connectors", mode="before")
    @classmethod
    def split_words(cls, value: object) -> object:
        """Read `a, b` as two words."""
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def origin_only(cls, value: str) -> str:
        """Keep the origin: a path there would break redirect addresses."""
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
            raise ValueError("must be an origin such as https://postd.example, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("egress_allow")
    @classmethod
    def networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what is not a network at start, not at the first call."""
        for word in value:
            ip_network(word)
        return value

    @property
    def egress_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`egress_allow` as networks."""
        return tuple(ip_network(word) for word in self.egress_allow)

    @property
    def production(self) -> bool:
        """Whether production's refusals hold."""
        return self.environment is Environment.PRODUCTION
