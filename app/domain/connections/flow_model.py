"""The table of authorization flows: one row from the ticket link to the chosen accounts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Key, Table, Word, of_tenant, one_of, refers


class FlowState(StrEnum):
    """How far a flow has come."""

    OFFERED = "offered"
    """The ticket link was given out."""
    STARTED = "started"
    """The user was sent to the platform; one callback is awaited."""
    CHOOSING = "choosing"
    """The grant is sealed; the user chooses accounts."""
    DONE = "done"
    FAILED = "failed"


class OAuthFlow(Table):
    """A user's way to a connection: ticket, browser, state, secrets of the flow, result."""

    __tablename__ = "oauth_flows"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    platform: Mapped[str]
    method: Mapped[str]
    state: Mapped[FlowState] = mapped_column(Word(FlowState))
    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 of the `state` parameter; the callback finds the row by it, once."""
    cookie_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 of the cookie that ties the flow to the browser that started it."""
    connection_id: Mapped[UUID | None]
    """The connection to be repaired; null for a new one."""
    app_id: Mapped[UUID | None]
    issuer: Mapped[str | None]
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed: verifier, DPoP key, or the grant while the user chooses."""
    kek_id: Mapped[str | None]
    fields: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """What was prefilled and is not secret, e.g. the instance."""
    return_to: Mapped[str | None]
    result: Mapped[dict[str, Any] | None]
    """The connections made, or the error shown."""
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    expires_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        # Unique in the installation: a ticket and a state are looked up before the tenant is known; both are
        # hashes of 256 random bits and tell nothing.
        UniqueConstraint("ticket_hash"),
        UniqueConstraint("state_hash"),
        one_of("state", FlowState),
        Index("ix_oauth_flows_expires_at", "expires_at"),
        of_tenant(),
        refers("connection_id", "connections"),
        refers("app_id", "platform_apps", ondelete="NO ACTION"),
    )
