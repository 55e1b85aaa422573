"""One part to be published, and everything that can come of it: four outcomes, three findings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from connectors.content import Part
from connectors.faults import HINTS, Effect, Fault, FaultKind


@dataclass(frozen=True, slots=True)
class PublishedRef:
    """A post on the platform."""

    id: str
    """The platform's own, e.g. an `at://` URI or a status id."""
    url: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    """More that a reply or an edit needs, e.g. Bluesky's cid."""


@dataclass(frozen=True, slots=True)
class PublishTask:
    """One part to be published. Every field is the same on each try within an epoch."""

    part: Part
    position: int
    attempt_key: UUID
    """Our idempotency key: constant until a person decides to send again."""
    composed_at: datetime
    """The time that goes into the stored record; constant, so that a resend is byte-equal."""
    options: Mapping[str, Any] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    """What `prepare` has saved so far (JSON)."""
    root: PublishedRef | None = None
    parent: PublishedRef | None = None
    intended_at: datetime | None = None
    """When the irreversible request was about to leave; set for `reconcile` and `poll`."""


class PrepareStep(StrEnum):
    """How far the repeatable half has come."""

    MEDIA_UPLOADED = "media_uploaded"
    CONTAINER_CREATED = "container_created"


Save = Callable[[PrepareStep, Mapping[str, Any]], Awaitable[None]]
"""Stores a checkpoint. When it returns, the step is durable and is not repeated after a crash."""


@dataclass(frozen=True, slots=True)
class Published:
    """It is out."""

    ref: PublishedRef


@dataclass(frozen=True, slots=True)
class Pending:
    """The platform has taken it and is still working."""

    checkpoint: Mapping[str, Any]
    poll_after: timedelta


@dataclass(frozen=True, slots=True)
class Failed:
    """It is proved that nothing was published."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent and nobody knows yet."""

    fault: Fault


Outcome = Published | Pending | Failed | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """Reconcile found the post."""

    ref: PublishedRef
    evidence: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Reconcile proved that the post is not there: sending again with the same key is safe."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Reconcile could not tell: a person looks."""

    evidence: str


Finding = Found | Absent | Undecided


def polled(finding: Finding) -> Outcome:
    """The outcome of a poll where a platform answers at once and nothing is ever pending: what a look has found."""
    if isinstance(finding, Found):
        return Published(finding.ref)
    kind = FaultKind.NO_ANSWER
    return Unknown(Fault(kind, finding.evidence, HINTS[kind], effect=Effect.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one post or account; a figure that the platform does not give is absent, never 0."""

    ref: str
    values: Mapping[str, int]
    """By the names of `connectors.metric_names`."""
    at: datetime
    complete: bool = True
    """Whether the platform gave all that it was asked for."""
