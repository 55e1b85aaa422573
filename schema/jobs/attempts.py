"""Attempts and faults: what was tried, what was answered, and what that means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
import strawberry

from app.domain.jobs.model import JobAttempt as Row
from app.domain.keys.model import Scope
from schema.traversal import derived


def as_texts(exchanges: Iterable[Mapping[str, Any]]) -> list[str]:
    """Exchanges with a platform, each as JSON."""
    return [orjson.dumps(exchange, default=str).decode() for exchange in exchanges]


@strawberry.type(description="Why a job is not out, or was not at first.")
class Fault:
    """A fault."""

    kind: str = strawberry.field(description="A stable word for programs, e.g. `rate_limited`.")
    message: str = strawberry.field(description="What happened.")
    hint: str = strawberry.field(description="What to do next.")
    status: int | None = strawberry.field(description="The HTTP status of the platform's answer.")
    code: str | None = strawberry.field(description="The platform's own code.")
    words: str | None = strawberry.field(description="The platform's own words.")
    retry_after: float | None = strawberry.field(description="The pause that the platform asked for, in seconds.")

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Fault | None:
        """A stored fault."""
        if stored is None:
            return None
        return cls(
            kind=stored["kind"],
            message=stored["message"],
            hint=stored["hint"],
            status=stored.get("status"),
            code=stored.get("code"),
            words=stored.get("words"),
            retry_after=stored.get("retryAfter"),
        )


@strawberry.type(description="One try of a job.")
class Attempt:
    """A try."""

    row: strawberry.Private[Row]
    number: int = strawberry.field(description="Which claim of the job it was, counted from 1.")
    part: int = strawberry.field(description="Which part of a thread it was about, counted from 0.")
    work: str = strawberry.field(description="What was done: publish, poll or reconcile.")
    started_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it runs, or when it crashed.")
    step: str | None = strawberry.field(description="How far it came.")
    outcome: str | None = strawberry.field(description="What it ended with.")

    @derived("What went wrong; null when nothing did.")
    def fault(self) -> Fault | None:
        """The fault."""
        return Fault.of(self.row.fault)

    @derived("The requests and answers as JSON, redacted and cut.", needs=Scope.PUBLISH)
    def exchanges(self) -> list[str]:
        """One text an exchange."""
        return as_texts(self.row.exchanges)

    @classmethod
    def of(cls, row: Row) -> Attempt:
        """A row of the timeline."""
        return cls(
            row=row,
            number=row.fence,
            part=row.part,
            work=row.work,
            started_at=row.started_at,
            ended_at=row.ended_at,
            step=row.step,
            outcome=row.outcome,
        )
