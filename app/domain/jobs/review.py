"""What a person needs to settle a job of unknown outcome: what was sent, what was found, and what we suggest. Pure.

A suggestion is made only from what the platform itself said. Where it said nothing, the person has to look: nothing
is suggested, and the account's address is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain.jobs.model import Job, JobAttempt, JobPart
from app.domain.jobs.states import JobEvent


class Resolution(StrEnum):
    """What the person decided."""

    CONFIRM = "confirm"
    SEND_AGAIN = "send_again"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Sent:
    """A try that may have published it."""

    at: datetime
    worker: str
    exchanges: Sequence[Mapping[str, Any]]
    """Requests and answers, redacted and cut; none where the worker died with them."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look at the platform."""

    at: datetime
    finding: str
    exchanges: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Review:
    """The evidence about one part of a job, and what follows from it."""

    part: int
    key: UUID
    """Our key on the platform, under which it was sent."""
    intended_at: datetime | None
    """When its final request was about to leave."""
    sent: Sequence[Sent]
    looks: Sequence[Look]
    suggestion: Resolution | None
    url: str | None
    """Where the post is, if that is known."""
    why: str


def review(job: Job, parts: Sequence[JobPart], attempts: Sequence[JobAttempt]) -> Review:
    """The evidence about the part that a job has come to."""
    part = parts[job.part]
    sent = [Sent(row.started_at, row.worker, row.exchanges) for row in attempts if row.work == "publish"]
    looks = [
        Look(row.ended_at or row.started_at, _finding(row), row.exchanges) for row in attempts if row.work != "publish"
    ]
    suggestion, why = _suggestion(part, attempts)
    return Review(job.part, part.attempt_key, part.intended_at, sent, looks, suggestion, part.url, why)


def _finding(row: JobAttempt) -> str:
    if row.fault is not None:
        return str(row.fault["message"])
    return "It has not ended." if row.outcome is None else row.outcome.replace("_", " ")


def _suggestion(part: JobPart, attempts: Sequence[JobAttempt]) -> tuple[Resolution | None, str]:
    if part.url is not None:
        return Resolution.CONFIRM, "The platform has given its address: open it, and confirm if it shows the post."
    if any(row.outcome == JobEvent.ACCEPT for row in attempts):
        why = "The platform took the post and never said how it ended. It is probably there: give its address."
        return Resolution.CONFIRM, why
    return None, "The platform said nothing about it. Look at the account: confirm what is there, send what is not."
