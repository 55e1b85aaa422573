"""Readiness: whether a job that waits will go out as things stand, and what stands in its way."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.flows.health.readiness.model import Blocker as BlockerSeen
from app.flows.health.readiness.model import BlockerCode, Outlook, Readiness, Verdict
from schema.traversal import one
from schema.words import offer

if TYPE_CHECKING:
    from schema.jobs.job import Job

offer(Verdict, "Whether a job goes out as things stand.", name="ReadinessVerdict")
offer(BlockerCode, "What stands in a job's way.", name="ReadinessBlockerCode")


@strawberry.type(description="One thing that stands in a job's way, with what to do about it.")
class ReadinessBlocker:
    """A blocker."""

    code: BlockerCode = strawberry.field(description="What it is, for programs.")
    verdict: Verdict = strawberry.field(description="What it makes of the job: AT_RISK or BLOCKED.")
    message: str = strawberry.field(description="What is in the way, in a sentence.")
    fix: str = strawberry.field(description="What to do about it.")
    until: datetime | None = strawberry.field(description="When it is over by itself, where that is known.")

    @classmethod
    def of(cls, seen: BlockerSeen) -> ReadinessBlocker:
        """A blocker of the judge's."""
        return cls(code=seen.code, verdict=seen.verdict, message=seen.message, fix=seen.fix, until=seen.until)


@strawberry.type(description="Whether a job that waits will go out, as things stand now.")
class JobReadiness:
    """A verdict."""

    row: strawberry.Private[Readiness]
    job: Annotated[Job, strawberry.lazy("schema.jobs.job")] = one(
        "jobs", by="job_id", into="schema.jobs.job:Job", description="The job."
    )
    verdict: Verdict = strawberry.field(description="Whether it goes out.")
    expected_at: datetime | None = strawberry.field(
        description="When it goes out as things stand: at its time, or after what it waits for; null where it does not."
    )
    blocker: ReadinessBlocker | None = strawberry.field(
        description="What to look at first; null where nothing stands in its way."
    )
    blockers: list[ReadinessBlocker] = strawberry.field(
        description="Everything that stands in its way: what blocks it first, then what only delays it."
    )

    @classmethod
    def of(cls, row: Readiness) -> JobReadiness:
        """A verdict of the judge's."""
        blockers = [ReadinessBlocker.of(one) for one in row.blockers]
        return cls(
            row=row,
            verdict=row.verdict,
            expected_at=row.expected_at,
            blocker=blockers[0] if blockers else None,
            blockers=blockers,
        )


@strawberry.type(description="How many of the next jobs will go out, as things stand now.")
class ReadinessSummary:
    """Counts."""

    until: datetime = strawberry.field(description="Jobs that wait and are due before this were looked at.")
    ready: int = strawberry.field(description="How many go out at their time.")
    at_risk: int = strawberry.field(description="How many may be late, or wait for something that passes.")
    blocked: int = strawberry.field(description="How many do not go out unless somebody does something.")
    complete: bool = strawberry.field(
        description="False where more jobs are due than were looked at: the counts are of the next 200."
    )

    @classmethod
    def of(cls, seen: Outlook) -> ReadinessSummary:
        """An outlook of the flow."""
        return cls(
            until=seen.until,
            ready=seen.counts[Verdict.READY],
            at_risk=seen.counts[Verdict.AT_RISK],
            blocked=seen.counts[Verdict.BLOCKED],
            complete=seen.complete,
        )
