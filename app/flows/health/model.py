"""What is told of health: checks, the queue, platforms, punctuality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.breakers.model import Breaker
from app.domain.jobs.states import JobState, ParkReason
from app.flows.upkeep.punctuality import Standing


class HealthState(StrEnum):
    """How it is."""

    OK = "ok"
    """It works."""
    DEGRADED = "degraded"
    """It works in part, or late."""
    DOWN = "down"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A number that was measured."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Check:
    """One part that was looked at."""

    name: str
    state: HealthState
    message: str
    seconds: float | None = None
    """How long it took to answer."""
    since: datetime | None = None
    """Since when it is so; None where nobody can tell."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits, of a workspace or of the whole installation."""

    depth: Mapping[JobState, int]
    oldest_due_at: datetime | None
    """The planned time of the job that has been due longest and still waits for a worker."""
    dead_letters: int
    """Failed jobs that nobody has discarded."""
    scheduler_lag: timedelta
    """How long the earliest job to be looked at has been waiting for the scheduler."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What concerns all workspaces together."""

    queue: Queue
    punctuality: Standing


@dataclass(frozen=True, slots=True)
class PlatformSeen:
    """One platform as it is treated now."""

    key: str
    breakers: tuple[Breaker, ...]
    """What is not closed; nothing where it is called as usual."""
    waiting: Mapping[ParkReason, int]
    """The workspace's own jobs that wait, by what for."""


@dataclass(frozen=True, slots=True)
class Health:
    """The whole picture."""

    checked_at: datetime
    version: str
    checks: tuple[Check, ...]
    workers: int = 0
    schedulers: int = 0
    platforms: tuple[PlatformSeen, ...] = ()
    """Each platform of this installation, and what holds its posts back."""
    queue: Queue | None = None
    """The workspace's own; None while the database does not answer."""
    punctuality: Standing | None = None
    """The workspace's own; None while the database does not answer."""
    installation: Installation | None = field(default=None)
    """Of all workspaces together; for operators."""

    @property
    def state(self) -> HealthState:
        """The worst of the parts."""
        order = (HealthState.DOWN, HealthState.DEGRADED, HealthState.OK)
        return min((check.state for check in self.checks), key=order.index)
