"""A job's whole life, told: what happened, how it stands, what comes next, what a person can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from app.domain.jobs.story import Told
from app.domain.keys.model import Scope
from app.flows.publishing.explain import Explained
from schema.jobs.attempts import as_texts
from schema.jobs.job import Job
from schema.scalars import TimeZone
from schema.traversal import derived


@strawberry.type(description="One moment in a job's life.")
class JobMoment:
    """A moment."""

    said: strawberry.Private[Sequence[Mapping[str, Any]]]
    at: datetime = strawberry.field(description="When.")
    local: str = strawberry.field(description="The same by the story's clock, for people.")
    text: str = strawberry.field(description="What happened.")

    @derived("At the end of a try, what was said to the platform: JSON, redacted and cut.", needs=Scope.PUBLISH)
    def exchanges(self) -> list[str]:
        """One text an exchange."""
        return as_texts(self.said)


@strawberry.type(description="The whole life of a job in sentences.")
class JobStory:
    """A story."""

    job: Job = strawberry.field(description="The job.")
    zone: TimeZone = strawberry.field(description="By whose clock the moments are told.")
    moments: list[JobMoment] = strawberry.field(description="What happened, in the order of time.")
    now: str = strawberry.field(description="How it stands.")
    next: str = strawberry.field(description="What happens next, and when.")
    next_at: datetime | None = strawberry.field(description="When somebody looks at it next; null when nobody has to.")
    options: list[str] = strawberry.field(description="What you can do, and with which operation.")

    @classmethod
    def of(cls, found: Explained) -> JobStory:
        """What a flow told."""

        def moment(one: Told) -> JobMoment:
            local = f"{one.at.astimezone(found.zone):%Y-%m-%d %H:%M:%S}"
            return JobMoment(said=one.exchanges, at=one.at, local=local, text=one.text)

        story = found.story
        return cls(
            job=Job.of(found.job),
            zone=TimeZone(found.zone.key),
            moments=[moment(one) for one in story.told],
            now=story.now,
            next=story.next,
            next_at=story.next_at,
            options=list(story.options),
        )
