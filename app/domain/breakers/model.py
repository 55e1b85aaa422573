"""The tables of breakers. A breaker belongs to the installation; that a tenant was told belongs to the tenant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.breakers.states import BreakerState, Operation, Place
from app.services.tables import Table, Word, of_tenant, one_of


class Breaker(Table):
    """One breaker. A row that is closed says nothing more than that it was once open."""

    __tablename__ = "breakers"

    platform: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(primary_key=True)
    """The server, where the platform has many; empty for all of the platform."""
    operation: Mapped[Operation] = mapped_column(Word(Operation), primary_key=True)
    state: Mapped[BreakerState] = mapped_column(Word(BreakerState))
    episode: Mapped[UUID]
    """A new id each time it opens from closed: whoever is told once is told once an episode."""
    since: Mapped[datetime]
    reason: Mapped[str]
    opened: Mapped[int]
    """How often it has opened in this episode."""
    next_probe_at: Mapped[datetime | None]
    """When one call is let through; null where an operator ends it."""
    probe_until: Mapped[datetime | None]
    """Until when the probe has time to answer."""
    actor: Mapped[str]
    """Who opened it."""
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        one_of("operation", Operation),
        one_of("state", BreakerState),
        CheckConstraint("(next_probe_at IS NOT NULL) = (state IN ('open', 'probing'))", name="somebody_probes_next"),
        CheckConstraint("(probe_until IS NOT NULL) = (state = 'probing')", name="probe_ends"),
    )

    @property
    def place(self) -> Place:
        """What it guards."""
        return Place(self.platform, self.host, self.operation)


class PlatformNotice(Table):
    """That a tenant was told of a platform's trouble, and of its end."""

    __tablename__ = "platform_notices"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    episode: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str]
    host: Mapped[str]
    operation: Mapped[Operation] = mapped_column(Word(Operation))
    told_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    ended_at: Mapped[datetime | None]

    __table_args__ = (one_of("operation", Operation), of_tenant())
