"""The jobs that a bulk verb is about: those that match a filter, or those that are named; a page at a time, locked.

Pages go by id, because the verbs change what jobs are sorted and filtered by: no job comes twice, and none is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Selection:
    """Either a filter or ids; `after` goes on behind a job."""

    wanted: JobFilter | None = None
    ids: tuple[UUID, ...] | None = None
    after: UUID | None = None

    def within(self, states: Sequence[JobState], *, listed: bool = False) -> Selection:
        """The same filter, of the states that a verb can take; `listed` leaves discarded dead letters out as well.

        Jobs that are named are taken as they are: each that cannot be taken is told why.
        """
        if self.wanted is None:
            return self
        known = self.wanted.in_states()
        left = tuple(state for state in states if known is None or state in known)
        discarded = False if listed and self.wanted.discarded is None else self.wanted.discarded
        return replace(self, wanted=replace(self.wanted, states=left, discarded=discarded))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One page of a selection."""

    jobs: Sequence[Job]
    matched: int
    """How many there are from here on, this page included."""


async def choose(session: AsyncSession, selection: Selection, limit: int, *, lock: bool) -> Chosen:
    """The next jobs of a selection in the order of their ids; locked in that order where they are to be changed."""
    conditions = [Job.tenant_id == tenant_of(session)]
    conditions += [Job.id.in_(selection.ids)] if selection.ids is not None else []
    conditions += selection.wanted.conditions() if selection.wanted is not None else []
    conditions += [Job.id > selection.after] if selection.after is not None else []
    # All keys first: asked for the first few by id, PostgreSQL might walk past every job that does not match.
    matching = select(Job.id).where(*conditions).cte("matching").prefix_with("MATERIALIZED", dialect="postgresql")
    first = select(matching.c.id).order_by(matching.c.id).limit(limit).subquery()
    found = (
        await session.execute(select(first.c.id, select(func.count()).select_from(matching).scalar_subquery()))
    ).all()
    if not found:
        return Chosen((), 0)
    query = select(Job).where(Job.tenant_id == tenant_of(session), Job.id.in_([row[0] for row in found]))
    query = query.order_by(Job.id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(of=Job)
    return Chosen((await session.scalars(query)).all(), found[0][1])
