"""The tables of figures: the clock of each connection, the newest figures of each post, snapshots, and runs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.services.tables import Key, Table, Word, of_tenant, one_of


class Source(StrEnum):
    """Where a figure comes from."""

    POLL = "poll"
    """The platform was asked for how it is now."""
    BACKFILL = "backfill"
    """The platform was asked for days in the past."""


def of_collection() -> ForeignKeyConstraint:
    """The row goes with its connection's clock: to forget a connection's figures is to delete that one row."""
    there = ["figure_collections.tenant_id", "figure_collections.connection_id"]
    return ForeignKeyConstraint(["tenant_id", "connection_id"], there, ondelete="CASCADE")


class Collection(Table):
    """When the figures of a connection are looked at next, who looks, and the newest figures of the account."""

    __tablename__ = "figure_collections"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str]
    next_collect_at: Mapped[datetime]
    """When somebody must look at this row next: the one clock column."""
    account_due_at: Mapped[datetime]
    """When the account's own figures are due."""
    enrolled_until: Mapped[datetime | None]
    """When the newest post went out that is watched; null: none was looked for yet."""
    history_from: Mapped[datetime | None]
    """How far back the account's days are known; null: none was asked for."""
    history_until: Mapped[datetime | None]
    """Up to when the account's days are known."""
    figures: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """The account's newest figures by the metric's name."""
    measured_at: Mapped[datetime | None]
    complete: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether the platform gave all that it was asked for."""
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """Runs in a row that failed."""
    run_id: Mapped[UUID | None]
    """The run that looks just now; every write of a worker names it."""
    lease_until: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_figure_collections_next_collect_at", "next_collect_at"),
        of_tenant(),
        ForeignKeyConstraint(
            ["tenant_id", "connection_id"], ["connections.tenant_id", "connections.id"], ondelete="CASCADE"
        ),
    )


class PostFigures(Table):
    """One part of a published job: when it is looked at next, and its newest figures."""

    __tablename__ = "post_figures"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    part_id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID]
    post_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    platform: Mapped[str]
    labels: Mapped[list[str]] = mapped_column(server_default=text("'{}'::varchar[]"))
    """The post's labels when it went out."""
    published_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When it is looked at next; null: it is watched no longer."""
    figures: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Its newest figures by the metric's name; what the platform does not give is absent."""
    measured_at: Mapped[datetime | None]
    """When they were told; null: never yet."""
    complete: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether the platform gave all that it was asked for."""
    missing_since: Mapped[datetime | None]
    """Since when the platform says nothing about it: it is gone, or not shown to us."""

    __table_args__ = (
        Index("ix_post_figures_tenant_id_published_at", "tenant_id", "published_at"),
        Index("ix_post_figures_tenant_id_job_id", "tenant_id", "job_id"),
        Index("ix_post_figures_tenant_id_post_id", "tenant_id", "post_id"),
        Index(
            "ix_post_figures_due",
            "tenant_id",
            "connection_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        of_tenant(),
        of_collection(),
    )


class Snapshot(Table):
    """One figure at one moment."""

    __tablename__ = "figure_snapshots"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    """A part of a job, or the connection itself for figures of the account."""
    metric: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    """When it was told; of a day's figure: the end of the day."""
    connection_id: Mapped[UUID]
    value: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[Source] = mapped_column(Word(Source))
    complete: Mapped[bool]
    """Whether the look that brought it got all that it asked for."""

    __table_args__ = (
        one_of("source", Source),
        Index("ix_figure_snapshots_at", "at"),
        Index("ix_figure_snapshots_tenant_id_connection_id", "tenant_id", "connection_id"),
        of_tenant(),
        of_collection(),
    )


class CollectionRun(Table):
    """One look at a connection's figures, for people to see."""

    __tablename__ = "collection_runs"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    source: Mapped[Source] = mapped_column(Word(Source))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Null while it runs, and where its worker died."""
    records: Mapped[int] = mapped_column(server_default=text("0"))
    """How many figures it brought."""
    missing: Mapped[int] = mapped_column(server_default=text("0"))
    """How many posts the platform said nothing about."""
    error: Mapped[dict[str, Any] | None]
    """Why it ended early: kind, message, hint."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        one_of("source", Source),
        Index("ix_collection_runs_tenant_id_connection_id_started_at", "tenant_id", "connection_id", "started_at"),
        Index("ix_collection_runs_started_at", "started_at"),
        of_tenant(),
        of_collection(),
    )
