"""What a person sees before settling a job of unknown outcome: the evidence, and ready answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from app.domain.jobs.review import Look, Resolution, Review, Sent
from app.domain.keys.model import Scope
from schema.jobs.attempts import as_texts
from schema.scalars import URL
from schema.traversal import derived

TEXTS = {
    Resolution.CONFIRM: "The post is there.",
    Resolution.SEND_AGAIN: "The post is not there: send it again, under a new key.",
    Resolution.GIVE_UP: "Leave it: the job fails.",
}


@strawberry.type(description="A try that may have published the post.")
class SentEvidence:
    """What was sent."""

    said: strawberry.Private[Sequence[Mapping[str, Any]]]
    at: datetime = strawberry.field(description="When the try began.")
    worker: str = strawberry.field(description="Which worker made it.")

    @derived(
        "Requests and answers as JSON, redacted and cut; none where the worker died with them.", needs=Scope.PUBLISH
    )
    def exchanges(self) -> list[str]:
        """One text an exchange."""
        return as_texts(self.said)

    @classmethod
    def of(cls, sent: Sent) -> SentEvidence:
        """A try."""
        return cls(said=sent.exchanges, at=sent.at, worker=sent.worker)


@strawberry.type(description="A look at the platform, to find out whether the post is there.")
class LookEvidence:
    """What was found."""

    said: strawberry.Private[Sequence[Mapping[str, Any]]]
    at: datetime = strawberry.field(description="When it ended.")
    finding: str = strawberry.field(description="What came of it.")

    @derived("What was asked and answered, as JSON, redacted and cut.", needs=Scope.PUBLISH)
    def exchanges(self) -> list[str]:
        """One text an exchange."""
        return as_texts(self.said)

    @classmethod
    def of(cls, look: Look) -> LookEvidence:
        """A look."""
        return cls(said=look.exchanges, at=look.at, finding=look.finding)


@strawberry.type(description="One answer that a person can give: the input of resolveJob, filled in.")
class ReviewChoice:
    """A choice."""

    resolution: Resolution = strawberry.field(description="Give this as `resolution`.")
    url: URL | None = strawberry.field(description="Give this as `url`; null: to CONFIRM, enter the post's address.")
    text: str = strawberry.field(description="What it says.")
    suggested: bool = strawberry.field(description="Whether the evidence speaks for it. At most one is.")


@strawberry.type(description="The evidence about a job that a person has to settle.")
class JobReview:
    """A review."""

    part: int = strawberry.field(description="Which part it is about, counted from 0.")
    key: str = strawberry.field(description="Our idempotency key, under which it was sent.")
    intended_at: datetime | None = strawberry.field(description="When the request that publishes was about to leave.")
    sent: list[SentEvidence] = strawberry.field(description="What was sent, oldest first.")
    looks: list[LookEvidence] = strawberry.field(description="Each look at the platform, oldest first.")
    look_at: URL | None = strawberry.field(description="The account's page: look there yourself.")
    why: str = strawberry.field(description="What we make of it.")
    choices: list[ReviewChoice] = strawberry.field(description="The answers that resolveJob takes, filled in.")

    @classmethod
    def of(cls, found: Review, account_url: str | None) -> JobReview:
        """What the rows say."""
        return cls(
            part=found.part,
            key=str(found.key),
            intended_at=found.intended_at,
            sent=[SentEvidence.of(one) for one in found.sent],
            looks=[LookEvidence.of(one) for one in found.looks],
            look_at=URL(account_url) if account_url else None,
            why=found.why,
            choices=[_choice(resolution, found) for resolution in Resolution],
        )


def _choice(resolution: Resolution, found: Review) -> ReviewChoice:
    where = found.url if resolution is Resolution.CONFIRM else None
    return ReviewChoice(
        resolution=resolution,
        url=URL(where) if where else None,
        text=TEXTS[resolution],
        suggested=resolution is found.suggestion,
    )
