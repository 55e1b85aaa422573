"""Take failed jobs up again: only where it is proved that nothing of them is out and nothing stands against them today.

A job whose window is still open keeps its plan; one whose planned time has passed its window needs a new one. Many
are spread: each is ready a moment after the one before, so that a platform is not flooded by what it once refused. A
page goes on where the one before ended, in time too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.retry import Retry, retry
from app.domain.jobs.model import Job
from app.domain.jobs.selection import Selection
from app.domain.jobs.states import JobState
from app.flows.bulk.answer import Reason, Refused, Taken, Verdict
from app.flows.bulk.fitness import against, known
from connectors.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Time:
    """A planned time with the end of its window."""

    due_at: datetime
    publish_by: datetime
    asked: str = ""
    """As the caller said it: two calls without a time mean the same, and come at different moments."""


@dataclass(slots=True)
class Replay:
    """How failed jobs are taken up."""

    catalog: Catalog
    start: datetime
    """No job is ready before this: now, or where the page before ended."""
    time: Time | None = None
    """The new planned time; None keeps each job's own."""
    rate: float | None = None
    """How many jobs a second; None: all at once."""
    name: str = "jobs.replay"
    preview: bool = False

    def __post_init__(self) -> None:
        """Spread from the new time on, where there is one."""
        if self.time is not None:
            self.start = max(self.start, self.time.due_at)

    def narrowed(self, selection: Selection) -> Selection:
        """Dead letters: failed jobs that nobody took off the list, unless the filter asks for those."""
        return selection.within((JobState.FAILED,), listed=True)

    def fingerprint(self) -> object:
        """The time that was asked for and the rate; when the call came does not matter."""
        return [self.time and self.time.asked, self.rate]

    async def judge(self, session: AsyncSession, jobs: Sequence[Job], *, lock: bool) -> Sequence[Verdict]:
        """Which are taken up, and when each is ready."""
        world = await known(session, jobs, hold=lock)
        return [against(job, world, self.catalog) or self._timed(job) for job in jobs]

    async def carry_out(self, session: AsyncSession, taken: Taken) -> Job:
        """Schedule one again.

        Raises:
            JobNotRetryable: it has not failed (any more).
        """
        time: Time = taken.wanted
        return await retry(session, Retry(taken.job.id, time.due_at, time.publish_by, taken.at))

    def free_from(self) -> datetime:
        """Behind the last one that was given a moment."""
        return self.start

    def _timed(self, job: Job) -> Verdict:
        time = self.time or Time(job.due_at, job.publish_by)
        at = max(time.due_at, self.start)
        if at >= time.publish_by:
            over = f"The window of this post ends at {time.publish_by:%Y-%m-%d %H:%M:%S} UTC; it would go out later."
            hint = (
                "Give a new time with publishAt." if self.time is None else "Give a higher rate or a later publishBy."
            )
            return Refused(job, Reason.NEEDS_NEW_TIME, over, hint)
        if self.rate is not None:
            self.start += timedelta(seconds=1 / self.rate)
        return Taken(job, at, time)
