"""Every setting of the installation, read from `POSTD_*` variables, an `.env` file and secret files.

A setting named `vault_keys` is read from the variable `POSTD_VAULT_KEYS`, or from a file of that name in the folder
that `POSTD_SECRETS_DIR` names. Settings are built once by a root, checked
all at once, and passed in; nothing imports them as a global.
"""

from __future__ import annotations

import os
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from app.kernel import setting_rules as rules
from app.kernel.timing import Timing
from app.kernel.token_issuers import TokenIssuer

Words = Annotated[tuple[str, ...], NoDecode]
"""Several values in one variable, separated by commas."""
DatabaseUrl = Annotated[SecretStr, AfterValidator(rules.database)]
RedisUrl = Annotated[SecretStr, AfterValidator(rules.redis)]
HttpUrl = Annotated[str, AfterValidator(rules.http)]


class Environment(StrEnum):
    """Which rules hold: production refuses what development allows."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


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
    """More that the platform takes, e.g. Meta's `config_id`, or `application`, the number of LinkedIn's application."""


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
    database_url: DatabaseUrl | None = Field(
        default=None, description="PostgreSQL, e.g. postgresql://user:password@host/postd"
    )
    migration_url: DatabaseUrl | None = Field(
        default=None, description="The owner's login for migrations; by default database_url."
    )
    redis_url: RedisUrl | None = Field(default=None, description="Redis or Valkey, e.g. redis://:password@host:6379/0")
    vault_keys: SecretStr | None = Field(
        default=None, description="Master keys as id:base64 of 32 bytes, comma separated, newest first."
    )
    public_url: Annotated[str, AfterValidator(rules.own_origin)] = Field(
        default="http://127.0.0.1:8000", description="Our own origin, as browsers and platforms reach it."
    )
    host: str = Field(default="127.0.0.1", description="The address that the API listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port that the API listens on.")
    allowed_origins: Annotated[Words, AfterValidator(rules.origins)] = Field(
        default=(), description="Origins of frontends that may call the API from a browser."
    )
    trusted_proxies: Annotated[Words, AfterValidator(rules.proxies)] = Field(
        default=(), description="Addresses of reverse proxies whose X-Forwarded-* headers are believed."
    )
    admin_networks: Annotated[Words, AfterValidator(rules.networks)] = Field(
        default=(),
        description="Networks from which the scopes admin and operator may be used, e.g. 10.0.0.0/8. Empty: anywhere.",
    )
    token_issuers: dict[str, TokenIssuer] = Field(
        default_factory=dict,
        description="Others whose tokens (JWT) are believed, as JSON by a name of yours: "
        '{"supabase": {"issuer": "...", "jwks_url": "..."}}; docs/api.md has each field.',
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
    egress_allow: Annotated[Words, AfterValidator(rules.networks)] = Field(
        default=(), description="Private networks that may be called all the same, e.g. 127.0.0.0/8"
    )
    egress_proxy: HttpUrl | None = Field(default=None, description="An HTTP proxy for every outgoing call.")
    plc_url: HttpUrl = Field(
        default="https://plc.directory", description="The directory of did:plc documents (Bluesky)."
    )
    handle_resolver: HttpUrl = Field(
        default="https://public.api.bsky.app", description="Who resolves Bluesky handles whose own host does not."
    )
    client_name: str = Field(default="POSTD", description="The name that platforms show on their consent pages.")
    apps: dict[str, PlatformApp] = Field(
        default_factory=dict,
        description="Your applications at closed platforms, as JSON by name: "
        '{"meta": {"client_id": "...", "client_secret": "..."}}; or each value alone: POSTD_APPS__META__CLIENT_ID=...',
    )
    endpoints: dict[HttpUrl, HttpUrl] = Field(
        default_factory=dict,
        description="Other addresses for platforms' servers, as JSON by the documented origin (simulated platforms).",
    )
    connectors: Words = Field(default=(), description="Which connectors are offered; empty means all.")
    sign_up: bool | None = Field(
        default=None,
        description="Whether anybody may open a workspace with signUp; by default in development only.",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(rules.smtp)] | None = Field(
        default=None,
        description="The mail server: smtp://user:password@host:587 (STARTTLS), or smtps://user:password@host:465. "
        "Without it nothing is mailed, and administrators pass links on by hand.",
    )
    mail_from: Annotated[str, AfterValidator(rules.sender)] = Field(
        default="", description="The sender of mail, e.g. POSTD <postd@example.org>; needed with smtp_url."
    )
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
    guess_rate: float = Field(
        default=0.2,
        gt=0,
        description="Wrong credentials a second that one address may present, and that may aim at one key.",
    )
    guess_burst: int = Field(default=20, ge=1, description="Wrong credentials that may come at once.")
    key_sockets: int = Field(
        default=200, ge=1, description="Sockets and streams that one API key may hold open in one process."
    )
    tenant_rate: float = Field(default=50, gt=0, description="Posts a second that one workspace may send.")
    tenant_burst: int = Field(default=500, ge=1, description="Posts that one workspace may send at once.")
    platform_rate: float = Field(
        default=100, gt=0, description="Posts a second that go to one server of a platform, from all workspaces."
    )
    platform_burst: int = Field(
        default=1000, ge=1, description="Posts that go to one server of a platform at once, from all workspaces."
    )
    worker_processes: int = Field(default=1, ge=1, description="Processes of one `postd worker`.")
    worker_threads: int = Field(default=32, ge=1, description="Jobs that one worker process publishes at a time.")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Workers and schedulers serve /metrics from this port on; 0 means not."
    )
    heartbeat_url: Annotated[SecretStr, AfterValidator(rules.secret_http)] | None = Field(
        default=None,
        description="A monitor's address that is called with GET while posts go out; it raises the alarm by silence. "
        "A private address must be in egress_allow.",
    )
    log_level: Annotated[str, AfterValidator(rules.log_level)] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_json: bool = Field(default=True, description="Log lines as JSON; false for people at a terminal.")
    data_dir: Path = Field(default=Path(".postd"), description="Where embedded services keep their data.")
    timing: Timing = Field(default_factory=Timing)

    @field_validator(
        "allowed_origins", "trusted_proxies", "admin_networks", "egress_allow", "connectors", mode="before"
    )
    @classmethod
    def split_words(cls, value: object) -> object:
        """Read `a, b` as two words."""
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @property
    def egress_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`egress_allow` as networks."""
        return tuple(ip_network(word) for word in self.egress_allow)

    @property
    def fenced_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`admin_networks` as networks."""
        return tuple(ip_network(word) for word in self.admin_networks)

    @property
    def open_to_strangers(self) -> bool:
        """Whether anybody may open a workspace."""
        return not self.production if self.sign_up is None else self.sign_up

    @property
    def mails(self) -> bool:
        """Whether mail can be sent."""
        return self.smtp_url is not None and bool(self.mail_from)

    @property
    def production(self) -> bool:
        """Whether production's refusals hold."""
        return self.environment is Environment.PRODUCTION


class SettingsRefused(Exception):
    """Some settings cannot be used. Each fault is a variable and what is wrong with it; no value is shown."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        lines = [f"{name}: {reason}." for name, reason in faults]
        super().__init__("\n  ".join(["Some settings cannot be used; .env.example has each with its meaning.", *lines]))
        self.faults = faults


def read() -> Settings:
    """The settings of this process's environment.

    Raises:
        SettingsRefused: a value cannot be used. Every fault is named, for a person to mend.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsRefused(tuple(rules.fault(one["loc"], one["msg"]) for one in error.errors())) from None
    except SettingsError as error:
        raise SettingsRefused((rules.unreadable(str(error)),)) from None
