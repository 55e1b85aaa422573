"""Move or cancel many jobs that wait, and take many off the list of dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.cancel import cancel
from app.actions.jobs.discard import discard
from app.actions.jobs.reschedule import Reschedule, reschedule
from app.domain.jobs.errors import JobNotCancellable, JobNotDiscardable, JobNotReschedulable
from app.domain.jobs.model import Job
from app.domain.jobs.selection import Selection
from app.domain.jobs.states import WAITING, JobState, JobStep
from app.flows.bulk.answer import Taken, Verdict
from app.flows.bulk.pages import refused
from app.flows.bulk.replay import Time


@dataclass(frozen=True, slots=True)
class Move:
    """Waiting jobs get another time."""

    time: Time
    start: datetime
    name: str = "jobs.reschedule"
    preview: bool = True

    def narrowed(self, selection: Selection) -> Selection:
        """Jobs that wait."""
        return selection.within(WAITING)

    def fingerprint(self) -> object:
        """The new time."""
        return self.time.asked

    async def judge(self, session: AsyncSession, jobs: Sequence[Job], *, lock: bool) -> Sequence[Verdict]:
        """Those that wait and of which nothing is out."""
        return [
            Taken(job, self.time.due_at)
            if job.state in WAITING and job.part == 0
            else refused(JobNotReschedulable(job))
            for job in jobs
        ]

    async def carry_out(self, session: AsyncSession, taken: Taken) -> Job:
        """Move one.

        Raises:
            JobNotReschedulable: it does not wait (any more).
        """
        return await reschedule(session, Reschedule(taken.job.id, self.time.due_at, self.time.publish_by))

    def free_from(self) -> datetime:
        """Every moment is free: moved jobs share theirs."""
        return self.start


@dataclass(frozen=True, slots=True)
class Cancel:
    """Jobs that were not sent are cancelled, or asked to stop."""

    start: datetime
    name: str = "jobs.cancel"
    preview: bool = True

    def narrowed(self, selection: Selection) -> Selection:
        """Jobs that wait or are being prepared."""
        return selection.within((*WAITING, JobState.PUBLISHING))

    def fingerprint(self) -> object:
        """There is nothing to choose."""
        return None

    async def judge(self, session: AsyncSession, jobs: Sequence[Job], *, lock: bool) -> Sequence[Verdict]:
        """Those of which nothing has left."""
        return [Taken(job) if self._unsent(job) else refused(JobNotCancellable(job)) for job in jobs]

    async def carry_out(self, session: AsyncSession, taken: Taken) -> Job:
        """Cancel one, or ask the worker that prepares it to stop.

        Raises:
            JobNotCancellable: it was sent, or is final.
        """
        return (await cancel(session, taken.job.id)).job

    def free_from(self) -> datetime:
        """Every moment is free."""
        return self.start

    @staticmethod
    def _unsent(job: Job) -> bool:
        prepared = job.state is JobState.PUBLISHING and job.step is not JobStep.SENDING
        return job.part == 0 and (job.state in WAITING or prepared)


@dataclass(frozen=True, slots=True)
class Discard:
    """Dead letters are taken off the list."""

    start: datetime
    reason: str = ""
    name: str = "jobs.discard"
    preview: bool = True

    def narrowed(self, selection: Selection) -> Selection:
        """Dead letters."""
        return selection.within((JobState.FAILED,), listed=True)

    def fingerprint(self) -> object:
        """The reason that was given."""
        return self.reason

    async def judge(self, session: AsyncSession, jobs: Sequence[Job], *, lock: bool) -> Sequence[Verdict]:
        """Those that are on the list."""
        return [
            Taken(job) if job.state is JobState.FAILED and job.discarded_at is None else refused(JobNotDiscardable(job))
            for job in jobs
        ]

    async def carry_out(self, session: AsyncSession, taken: Taken) -> Job:
        """Discard one.

        Raises:
            JobNotDiscardable: it is not on the list (any more).
        """
        return await discard(session, taken.job.id, self.reason)

    def free_from(self) -> datetime:
        """Every moment is free."""
        return self.start
