"""The tables around a connection: the account, its sealed tokens, its health log, our client registrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.connections.listening import ListeningState
from app.domain.connections.states import ConnectionState
from app.services.tables import Key, Table, Word, of_tenant, one_of, refers


class Connection(Table):
    """An account on a platform that the tenant may post to."""

    __tablename__ = "connections"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    platform: Mapped[str]
    external_id: Mapped[str]
    """The account's id on the platform; it never changes, handles do."""
    owner_id: Mapped[str | None]
    """Who granted the access, as the platform's webhooks name that person; null where they name nobody."""
    granted_at: Mapped[datetime | None]
    """When access was last granted: a deauthorization from before says nothing about it."""
    kind: Mapped[str]
    handle: Mapped[str]
    name: Mapped[str]
    server: Mapped[str]
    url: Mapped[str | None]
    avatar_url: Mapped[str | None]
    account_limits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Figures of this account or its server, by the limit's name."""
    state: Mapped[ConnectionState] = mapped_column(Word(ConnectionState))
    reason: Mapped[dict[str, Any] | None]
    """Why it is not healthy: code, message, hint."""
    method: Mapped[str]
    granted_scopes: Mapped[list[str]] = mapped_column(server_default=text("'{}'::varchar[]"))
    token_expires_at: Mapped[datetime | None]
    """When the access ends unless the user renews it: the refresh token's end, else the access token's."""
    refreshes_itself: Mapped[bool] = mapped_column(server_default=text("false"))
    token_version: Mapped[int] = mapped_column(server_default=text("0"))
    """Counts token writes; a refresh never overwrites a newer token."""
    refresh_failures: Mapped[int] = mapped_column(server_default=text("0"))
    """Renewals in a row that failed."""
    renewed_at: Mapped[datetime | None]
    """When the tokens in use were given; null where that was before it was written down."""
    life_began_at: Mapped[datetime | None]
    """When the life began that `token_expires_at` ends: a renewal that does not move the end begins no new one."""
    ping_at: Mapped[datetime | None]
    """When the platform is asked next whether the access holds; null: at the next look."""
    told_at: Mapped[datetime | None]
    """When the user was last told that something is the matter."""
    listening: Mapped[ListeningState | None] = mapped_column(Word(ListeningState))
    """Whether the platform tells us at once what happens there; null: not tried, or there is nothing to try."""
    listening_since: Mapped[datetime | None]
    listening_problem: Mapped[dict[str, Any] | None]
    """Why nothing, or not everything, is told: code, message, hint."""
    listening_to: Mapped[list[str]] = mapped_column(server_default=text("'{}'::varchar[]"))
    """The subscriptions behind it, by names that connections of all workspaces share (`connectors.listening`)."""
    listen_at: Mapped[datetime | None]
    """When the subscription is looked at next; null: at the next look, where there is one to make."""
    app_id: Mapped[UUID | None]
    last_ok_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "platform", "external_id"),
        one_of("state", ConnectionState),
        one_of("listening", ListeningState, optional=True),
        Index("ix_connections_tenant_id_platform_state", "tenant_id", "platform", "state"),
        Index("ix_connections_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        Index("ix_connections_tenant_id_platform_created_at_id", "tenant_id", "platform", "created_at", "id"),
        Index("ix_connections_tenant_id_state_created_at_id", "tenant_id", "state", "created_at", "id"),
        Index(
            "ix_connections_tenant_id_token_expires_at",
            "tenant_id",
            "token_expires_at",
            postgresql_where=text("token_expires_at IS NOT NULL"),
        ),
        Index("ix_connections_next_check_at", "next_check_at"),
        # Webhooks name an account or a person before a tenant is known.
        Index("ix_connections_platform_external_id", "platform", "external_id"),
        Index("ix_connections_owner_id", "owner_id", postgresql_where=text("owner_id IS NOT NULL")),
        # A subscription ends with the last connection, of any workspace, that needs it.
        Index("ix_connections_listening_to", "listening_to", postgresql_using="gin"),
        of_tenant(),
        refers("app_id", "platform_apps", ondelete="NO ACTION"),
    )


class SealedTokens(Table):
    """The tokens of a connection as the vault sealed them. Deleting the row destroys them."""

    __tablename__ = "sealed_tokens"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    field: Mapped[str]
    """`current`, or `previous`: kept until the current ones have worked once."""
    blob: Mapped[bytes] = mapped_column(LargeBinary)
    kek_id: Mapped[str]
    """Which master key wraps it, so that a rotation knows what is left."""
    version: Mapped[int]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "connection_id", "field"),
        CheckConstraint("field IN ('current', 'previous')", name="field_known"),
        Index("ix_sealed_tokens_kek_id", "kek_id"),
        of_tenant(),
        refers("connection_id", "connections"),
    )


class ConnectionCheck(Table):
    """One look at a connection, for its health log."""

    __tablename__ = "connection_checks"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    at: Mapped[datetime]
    what: Mapped[str]
    """check, refresh, connect or publish."""
    ok: Mapped[bool]
    fault: Mapped[dict[str, Any] | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_connection_checks_tenant_id_connection_id_at", "tenant_id", "connection_id", "at"),
        Index("ix_connection_checks_at", "at"),
        Index(
            "ix_connection_checks_failed_refreshes",
            "tenant_id",
            "at",
            postgresql_where=text("what = 'refresh' AND NOT ok"),
        ),
        of_tenant(),
        refers("connection_id", "connections"),
    )


class PlatformApp(Table):
    """Our client at one authorization server, e.g. one a Mastodon instance."""

    __tablename__ = "platform_apps"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    platform: Mapped[str]
    key: Mapped[str]
    client_id: Mapped[str]
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The client secret, sealed."""
    kek_id: Mapped[str | None]
    extra: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "platform", "key"),
        of_tenant(),
    )
