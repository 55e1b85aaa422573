"""What a bulk verb is asked for, and what it answers: which jobs it takes, which it leaves and why, what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs.model import Job
from app.domain.jobs.selection import Selection
from app.services.paging import decode, encode

AT_ONCE = 100
"""Jobs of one call; the answer says how many are left, and where to go on."""


class Reason(StrEnum):
    """Why a bulk verb leaves a job as it is."""

    NOT_FAILED = "not_failed"
    """It has not failed, so there is nothing to take up."""
    NOT_WAITING = "not_waiting"
    """It does not wait, so there is no time to move."""
    NOT_CANCELLABLE = "not_cancellable"
    """It was sent, or is final."""
    NOT_DISCARDABLE = "not_discardable"
    """It is not on the list of dead letters."""
    OUTCOME_NOT_PROVED = "outcome_not_proved"
    """A try may have published it: look at the account first. Only `retryJob`, for one job, takes it up then."""
    PARTLY_OUT = "partly_out"
    """Parts of it are on the platform already: look at each such thread, then use `retryJob`."""
    GOES_BY_ANOTHER_JOB = "goes_by_another_job"
    """Its post goes to that account by another job already."""
    CONNECTION_NOT_USABLE = "connection_not_usable"
    """Its account must be reconnected first."""
    PLATFORM_GONE = "platform_gone"
    """The installation has no connector for its platform any more."""
    RIGHT_MISSING = "right_missing"
    """The account has not granted a right that the post needs."""
    MEDIA_MISSING = "media_missing"
    """A file of it is not there any more, or cannot be used."""
    CONTENT_REFUSED = "content_refused"
    """The platform would refuse the content as its rules are today."""
    NEEDS_NEW_TIME = "needs_new_time"
    """Its planned time has passed its window: choose a new one with `publishAt`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that the verb changes, as it is now, or would be changed."""

    job: Job
    at: datetime | None = None
    """When it goes out at the earliest; None where that is not the question."""
    wanted: Any = None
    """What the verb noted for itself about how to change it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A job that is left as it is."""

    job: Job
    reason: Reason
    message: str
    hint: str


Verdict = Taken | Refused


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done with one page, or would be."""

    taken: Sequence[Taken]
    refused: Sequence[Refused]
    matched: int
    """How many jobs the selection had from here on, this page included."""
    cursor: str | None
    """Where to go on; None when this was the last page."""
    dry_run: bool
    repeated: bool = False
    """Whether it was done by an earlier call with the same idempotency key."""

    @property
    def left(self) -> int:
        """How many jobs behind this page were not looked at."""
        return self.matched - len(self.taken) - len(self.refused)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: behind which job, and the first moment that is free for the next one."""

    after: UUID
    free_from: datetime

    def cursor(self) -> str:
        """As clients hold it."""
        return encode((self.after, self.free_from))

    @classmethod
    def read(cls, cursor: str) -> Place:
        """As it was.

        Raises:
            BadCursor: it is not one of a bulk verb.
        """
        after, free_from = decode(cursor, [UUID, datetime])
        if not isinstance(after, UUID) or not isinstance(free_from, datetime):
            raise TypeError("a cursor gives the types that were asked for")
        return cls(after, free_from)


@dataclass(frozen=True, slots=True)
class Request:
    """Which jobs, and how carefully."""

    selection: Selection
    dry_run: bool = False
    expected: int | None = None
    """How many jobs the caller has seen; another number is refused."""
    idempotency_key: str | None = None


class Verb(Protocol):
    """What is to be done with each job."""

    @property
    def name(self) -> str:
        """What it is called in the audit log."""
        ...

    @property
    def preview(self) -> bool:
        """Whether a filter asks for the number of jobs that the caller has seen."""
        ...

    def narrowed(self, selection: Selection) -> Selection:
        """The selection without the jobs that the verb is not about."""
        ...

    def fingerprint(self) -> object:
        """What makes two calls the same for an idempotency key, besides the selection."""
        ...

    async def judge(self, session: AsyncSession, jobs: Sequence[Job], *, lock: bool) -> Sequence[Verdict]:
        """What it would do with each, in their order; nothing is changed."""
        ...

    async def carry_out(self, session: AsyncSession, taken: Taken) -> Job:
        """Change one.

        Raises:
            JobRefusal: it cannot be; nothing was changed.
        """
        ...

    def free_from(self) -> datetime:
        """The first moment that no job of this page was given."""
        ...
