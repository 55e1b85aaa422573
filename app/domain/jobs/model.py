"""The table of jobs: the row is the queue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.jobs.states import FINAL, LEASED, MACHINE, JobEvent, JobState, JobStep, ParkReason
from app.kernel.late_policy import LatePolicy
from app.services.tables import Key, Table, Word, of_tenant, one_of, refers


def quoted(words: Iterable[StrEnum]) -> str:
    """States or reasons as a SQL list."""
    return ", ".join(f"'{word}'" for word in words)


DEAD = f"state = '{JobState.FAILED}'"
"""The condition of the indexes that dead letters are found by; publishing writes none of them."""
WAITING_TO_RUN = f"state IN ({quoted(MACHINE.sources(JobEvent.CLAIM))})"
"""The condition of the index by which a connection's next job is found."""


def _found_by(name: str, *columns: str, where: str) -> Index:
    return Index(name, "tenant_id", *columns, "id", postgresql_where=text(where))


class Job(Table):
    """One post on one connection, with the content as it will go out there."""

    __tablename__ = "jobs"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    post_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    platform: Mapped[str]
    content: Mapped[dict[str, Any]]
    """The resolved content: parts, languages, options (see app/domain/posts/content.py)."""
    state: Mapped[JobState] = mapped_column(Word(JobState))
    step: Mapped[JobStep | None] = mapped_column(Word(JobStep))
    """How far the current part is; null unless publishing or unknown."""
    part: Mapped[int] = mapped_column(server_default=text("0"))
    """The part that is next or under way, counted from 0."""
    parts: Mapped[int]
    due_at: Mapped[datetime]
    """The planned instant. It stays what the user asked for; tries move `ready_at`."""
    ready_at: Mapped[datetime]
    """No claim before this: the planned instant first, the end of the back-off later."""
    wake_at: Mapped[datetime | None]
    """When somebody must look at this row next: the one clock column."""
    publish_by: Mapped[datetime]
    late_policy: Mapped[LatePolicy] = mapped_column(Word(LatePolicy), server_default=text("'fail'"))
    """What follows when it has not gone out by `publish_by`."""
    quiet_until: Mapped[datetime | None]
    """The end of the quiet hours that held it back, the last time."""
    owed_at: Mapped[datetime | None]
    """From when its lateness is ours: the end of quiet hours, of a pause, of a lost access; null: `due_at`."""
    overdue_at: Mapped[datetime | None]
    """When it was given up as too late, with nothing but us in the way."""
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    """Counts claims; every write of a worker names it."""
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    max_attempts: Mapped[int]
    crashes: Mapped[int] = mapped_column(server_default=text("0"))
    epoch: Mapped[int] = mapped_column(server_default=text("0"))
    """Counts decisions of people to send again."""
    cancel_requested_at: Mapped[datetime | None]
    park_reason: Mapped[ParkReason | None] = mapped_column(Word(ParkReason))
    fault: Mapped[dict[str, Any] | None]
    """The last fault, as it is shown: kind, message, hint, status, code, words."""
    fault_kind: Mapped[str | None] = mapped_column(Computed("fault ->> 'kind'", persisted=True))
    """Written by the database. Under row-level security an index serves plain columns only."""
    fault_code: Mapped[str | None] = mapped_column(Computed("left(fault ->> 'code', 200)", persisted=True))
    failed_at: Mapped[datetime | None]
    """When it became failed; null in every other state."""
    discarded_at: Mapped[datetime | None]
    """When a person took it off the list of dead letters; a replay puts an end to that."""
    reserved: Mapped[dict[str, Any] | None]
    """What it has reserved of its platform's allowances, while that can still be given back."""
    unknown_since: Mapped[datetime | None]
    """When the outcome became unknown; reconcile counts its patience from here."""
    processing_since: Mapped[datetime | None]
    platform_ref: Mapped[str | None]
    """The platform's id of the last part: set exactly when published."""
    url: Mapped[str | None]
    """Where the first part can be seen."""
    published_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        one_of("state", JobState),
        one_of("step", JobStep, optional=True),
        one_of("park_reason", ParkReason, optional=True),
        one_of("late_policy", LatePolicy),
        CheckConstraint(
            f"(wake_at IS NULL) = (state IN ({quoted((*FINAL, JobState.NEEDS_REVIEW))}))", name="somebody_looks_next"
        ),
        CheckConstraint("(state = 'published') = (platform_ref IS NOT NULL)", name="published_has_reference"),
        CheckConstraint(f"lease_until IS NULL OR state IN ({quoted(LEASED)})", name="lease_only_while_worked_on"),
        CheckConstraint(
            "state <> 'publishing' OR (lease_until IS NOT NULL AND step IS NOT NULL)", name="publishing_is_leased"
        ),
        CheckConstraint("(state = 'parked') = (park_reason IS NOT NULL)", name="parked_has_reason"),
        CheckConstraint("attempts <= max_attempts", name="attempts_within_bounds"),
        CheckConstraint("part >= 0 AND part < parts", name="part_exists"),
        CheckConstraint("octet_length(content::text) <= 200000", name="content_is_bounded"),
        Index("ix_jobs_tenant_id_wake_at", "tenant_id", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index(
            "uq_jobs_running_connection",
            "tenant_id",
            "connection_id",
            unique=True,
            postgresql_where=text("state = 'publishing'"),
        ),
        Index(
            "uq_jobs_live_target",
            "tenant_id",
            "post_id",
            "connection_id",
            unique=True,
            postgresql_where=text("state NOT IN ('cancelled', 'failed')"),
        ),
        Index(
            "uq_jobs_platform_ref",
            "tenant_id",
            "connection_id",
            "platform_ref",
            unique=True,
            postgresql_where=text("platform_ref IS NOT NULL"),
        ),
        Index(
            "ix_jobs_waiting_of_connection",
            "tenant_id",
            "connection_id",
            "ready_at",
            postgresql_where=text(WAITING_TO_RUN),
        ),
        Index(
            "ix_jobs_parked_by_breaker",
            "platform",
            postgresql_where=text("state = 'parked' AND park_reason = 'breaker'"),
        ),
        Index("ix_jobs_tenant_id_due_at_id", "tenant_id", "due_at", "id"),
        Index("ix_jobs_tenant_id_state_due_at_id", "tenant_id", "state", "due_at", "id"),
        Index("ix_jobs_tenant_id_connection_id_due_at_id", "tenant_id", "connection_id", "due_at", "id"),
        Index("ix_jobs_tenant_id_platform_due_at_id", "tenant_id", "platform", "due_at", "id"),
        Index("ix_jobs_tenant_id_connection_id_state_due_at_id", "tenant_id", "connection_id", "state", "due_at", "id"),
        Index("ix_jobs_tenant_id_post_id", "tenant_id", "post_id"),
        _found_by("ix_jobs_dead_letters", "due_at", where=f"{DEAD} AND discarded_at IS NULL"),
        _found_by("ix_jobs_discarded", "due_at", where="discarded_at IS NOT NULL"),
        _found_by("ix_jobs_fault_kind", "fault_kind", "due_at", where="fault_kind IS NOT NULL"),
        _found_by("ix_jobs_fault_code", "fault_code", "due_at", where="fault_code IS NOT NULL"),
        _found_by("ix_jobs_failed_fault_kind", "fault_kind", "due_at", where=DEAD),
        _found_by("ix_jobs_failed_fault_code", "fault_code", "due_at", where=DEAD),
        _found_by("ix_jobs_failed_at", "failed_at", where=DEAD),
        _found_by("ix_jobs_failed_at_fault_kind", "fault_kind", "failed_at", where=DEAD),
        _found_by("ix_jobs_failed_at_fault_code", "fault_code", "failed_at", where=DEAD),
        _found_by("ix_jobs_failed_at_platform", "platform", "failed_at", where=DEAD),
        _found_by("ix_jobs_failed_at_connection", "connection_id", "failed_at", where=DEAD),
        Index("ix_jobs_published_at", "published_at", postgresql_where=text("published_at IS NOT NULL")),
        Index("ix_jobs_overdue_at", "overdue_at", postgresql_where=text("overdue_at IS NOT NULL")),
        of_tenant(),
        refers("post_id", "posts"),
        refers("connection_id", "connections"),
    )


class JobPart(Table):
    """One part of a job: what is kept of it between tries."""

    __tablename__ = "job_parts"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    job_id: Mapped[UUID]
    position: Mapped[int]
    attempt_key: Mapped[UUID]
    """Our idempotency key on the platform: the same for every try within an epoch."""
    composed_at: Mapped[datetime]
    """The time that stands in the stored record; the same for every try."""
    checkpoint: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    intended_at: Mapped[datetime | None]
    """When the irreversible request was about to leave, the last time."""
    platform_ref: Mapped[str | None]
    url: Mapped[str | None]
    extra: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """What a reply or an edit needs besides the id."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "job_id", "position"),
        CheckConstraint("octet_length(checkpoint::text) <= 100000", name="checkpoint_is_bounded"),
        of_tenant(),
        refers("job_id", "jobs"),
    )


class JobAttempt(Table):
    """One try, for the timeline: what was asked, what was answered, what followed."""

    __tablename__ = "job_attempts"

    id: Mapped[Key]
    tenant_id: Mapped[UUID]
    job_id: Mapped[UUID]
    part: Mapped[int]
    fence: Mapped[int]
    work: Mapped[str]
    """publish, poll or reconcile."""
    worker: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """What the try ended with, e.g. published, unknown, retrying."""
    step: Mapped[str | None]
    fault: Mapped[dict[str, Any] | None]
    fault_kind: Mapped[str | None] = mapped_column(Computed("fault ->> 'kind'", persisted=True))
    """Written by the database, so that whoever counts need not see the words."""
    exchanges: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Requests and answers, redacted and cut."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "job_id", "fence"),
        Index("ix_job_attempts_started_at", "started_at"),
        Index("ix_job_attempts_tenant_id_started_at", "tenant_id", "started_at"),
        of_tenant(),
        refers("job_id", "jobs"),
    )
