"""The table of tenants: one row a workspace, with the counter that numbers its events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Key, Table


class Tenant(Table):
    """A workspace: the owner of connections, posts and keys."""

    __tablename__ = "tenants"

    id: Mapped[Key]
    slug: Mapped[str]
    name: Mapped[str]
    event_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    features: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    zone: Mapped[str | None]
    """The IANA zone whose clock people of this workspace read; None: UTC."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    # The slug is unique in the installation on purpose: operators name tenants by it on the command line, and no
    # tenant can read or choose it through the API.
    __table_args__ = (UniqueConstraint("slug"),)
