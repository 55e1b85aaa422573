"""Which jobs of a workspace: the conditions that lists, feeds and bulk verbs share.

Conditions on failures are written so that PostgreSQL knows the indexes of failed jobs again: `state = 'failed'` is
spelled out, and a fault is a plain column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, column, literal_column, select, table

from app.domain.jobs.model import Job
from app.domain.jobs.states import FINAL, JobState

ATTENTION = (JobState.PARKED, JobState.NEEDS_REVIEW, JobState.FAILED)
"""States in which a person may want to act."""
FAILED: ColumnElement[str] = literal_column(f"'{JobState.FAILED}'")
TERMS = table(
    "post_terms", column("tenant_id", Uuid()), column("post_id", Uuid()), column("kind", String), column("term", String)
)
"""The labels of posts. Nouns do not know each other, so only the columns that are read stand here."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs; a condition that is not stated does not narrow."""

    states: tuple[JobState, ...] | None = None
    platforms: tuple[str, ...] | None = None
    connections: tuple[UUID, ...] | None = None
    posts: tuple[UUID, ...] | None = None
    labels: tuple[str, ...] | None = None
    """Jobs of posts with every one of these. Looked up for each job that the other conditions leave."""
    fault_kinds: tuple[str, ...] | None = None
    fault_codes: tuple[str, ...] | None = None
    due_from: datetime | None = None
    due_until: datetime | None = None
    failed_from: datetime | None = None
    failed_until: datetime | None = None
    discarded: bool | None = None
    """Failed jobs only: those that a person took off the list, or those that are still on it."""
    needs_attention: bool | None = None
    final: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        found: list[ColumnElement[bool]] = []
        states = self.in_states()
        if states == (JobState.FAILED,):
            found.append(Job.state == FAILED)
        elif states is not None:
            found.append(Job.state.in_(states))
        for mapped, chosen in (
            (Job.platform, self.platforms),
            (Job.connection_id, self.connections),
            (Job.post_id, self.posts),
            (Job.fault_kind, self.fault_kinds),
            (Job.fault_code, self.fault_codes),
        ):
            if chosen is not None:
                found.append(mapped.in_(chosen))
        for moment, start, end in (
            (Job.due_at, self.due_from, self.due_until),
            (Job.failed_at, self.failed_from, self.failed_until),
        ):
            found += [] if start is None else [moment >= start]
            found += [] if end is None else [moment < end]
        if self.discarded is not None or self.needs_attention:
            found.append(Job.discarded_at.is_not(None) if self.discarded else Job.discarded_at.is_(None))
        return [*found, *(_labelled(label) for label in dict.fromkeys(self.labels or ()))]

    def in_states(self) -> tuple[JobState, ...] | None:
        """The states that all conditions on them leave; None where there is no such condition."""
        failures = self.about_failures
        if self.states is None and self.needs_attention is None and self.final is None and not failures:
            return None
        return tuple(
            state
            for state in JobState
            if (self.states is None or state in self.states)
            and self.needs_attention in (None, state in ATTENTION)
            and self.final in (None, state in FINAL)
            and (not failures or state is JobState.FAILED)
        )

    @property
    def about_failures(self) -> bool:
        """Whether it says something that only a failed job can fulfil."""
        return self.failed_from is not None or self.failed_until is not None or self.discarded is not None


def _labelled(label: str) -> ColumnElement[bool]:
    named = select(TERMS.c.post_id).where(
        TERMS.c.tenant_id == Job.tenant_id,
        TERMS.c.post_id == Job.post_id,
        TERMS.c.kind == "label",
        TERMS.c.term == label,
    )
    return named.exists()
