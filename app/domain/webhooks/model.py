"""The tables of incoming webhooks: deliveries of the installation, and what of them concerns a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.webhooks.states import FINAL, DeliveryState, ShareState
from app.services.tables import Key, Table, Word, of_tenant, one_of, refers


class WebhookDelivery(Table):
    """One delivery as the platform sent it: a row of the installation, without a tenant, for the system role alone."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[Key]
    receiver: Mapped[str]
    """Which application at which platform: a key of `connectors.receivers`."""
    callback: Mapped[str]
    """The last word of the address where it has one of its own, e.g. `deauthorize`; empty for events."""
    delivery_key: Mapped[str]
    """The platform's id of it, or the digest of its body: the same delivery has the same one."""
    confirmation_code: Mapped[str | None]
    """Opens the page about a request of deletion."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The proven bytes; emptied where somebody's data was to be deleted."""
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    wake_at: Mapped[datetime | None]
    """When somebody must look at this row next: the one clock column."""
    lease_until: Mapped[datetime | None]
    problem: Mapped[str | None]
    """Why it was not done at the last try, for the operator."""
    received_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("receiver", "delivery_key"),
        UniqueConstraint("confirmation_code"),
        one_of("state", DeliveryState),
        CheckConstraint(
            f"(wake_at IS NULL) = (state IN ({', '.join(repr(state.value) for state in FINAL)}))",
            name="somebody_looks_next",
        ),
        CheckConstraint("(lease_until IS NULL) = (state <> 'processing')", name="lease_only_while_worked_on"),
        CheckConstraint("octet_length(body) <= 1048576", name="body_is_bounded"),
        Index("ix_webhook_deliveries_wake_at", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_webhook_deliveries_received_at", "received_at"),
    )


class WebhookShare(Table):
    """What of a delivery concerns one workspace on one platform, and whether it was applied."""

    __tablename__ = "webhook_shares"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    delivery_id: Mapped[UUID]
    """No foreign key: a delivery is no row of a tenant, and leaves by itself."""
    platform: Mapped[str]
    state: Mapped[ShareState] = mapped_column(Word(ShareState))
    problem: Mapped[str | None]
    received_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "delivery_id", "platform"),
        one_of("state", ShareState),
        Index("ix_webhook_shares_tenant_id_received_at_id", "tenant_id", "received_at", "id"),
        Index("ix_webhook_shares_tenant_id_platform_received_at_id", "tenant_id", "platform", "received_at", "id"),
        Index("ix_webhook_shares_tenant_id_state_received_at_id", "tenant_id", "state", "received_at", "id"),
        Index("ix_webhook_shares_received_at", "received_at"),
        Index("ix_webhook_shares_waiting", "delivery_id", postgresql_where=text("state = 'waiting'")),
        of_tenant(),
    )


class WebhookNotice(Table):
    """One notice about one connection that has had its effect: the row is why it has it once."""

    __tablename__ = "webhook_notices"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    share_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    notice_key: Mapped[str]
    """The receiver's key, and the notice's own."""
    kind: Mapped[str]
    at: Mapped[datetime]
    """When it happened, or when we heard of it."""
    details: Mapped[dict[str, Any]]
    """What it says: ids and words."""
    outcome: Mapped[str]
    """What was done about it, in a sentence."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "connection_id", "notice_key"),
        Index("ix_webhook_notices_tenant_id_share_id", "tenant_id", "share_id"),
        of_tenant(),
        refers("share_id", "webhook_shares"),
        refers("connection_id", "connections"),
    )
