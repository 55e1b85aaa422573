"""Health: whether posts go out, and what holds them up if not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import strawberry

from app.domain.jobs.states import JobState
from app.flows.health.model import Check as CheckSeen
from app.flows.health.model import Evidence as EvidenceSeen
from app.flows.health.model import Health as Seen
from app.flows.health.model import HealthState
from app.flows.health.model import Queue as QueueSeen
from app.flows.health.readiness.model import Outlook
from app.flows.upkeep.punctuality import Standing
from schema.health.figures import ConnectionsHealth, PlatformTries
from schema.health.platforms import Ask, PlatformHealth
from schema.health.readiness import ReadinessSummary
from schema.traversal import derived
from schema.words import offer

offer(HealthState, "How a part of the system is.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted only where it is asked for; each is counted once an answer, and None where that took too long."""

    figures: Ask
    """The workspace's."""
    installation: Ask
    """The installation's; None without the scope."""
    outlook: Callable[[], Awaitable[Outlook | None]]


@strawberry.type(description="A number that says how a part is.")
class HealthEvidence:
    """A measure."""

    name: str = strawberry.field(description="What was measured, e.g. `answered_in`, `running`, `heard_ago`.")
    value: float = strawberry.field(description="The number.")
    unit: str = strawberry.field(description="Of what: seconds, processes, platforms or mails.")

    @classmethod
    def of(cls, seen: EvidenceSeen) -> HealthEvidence:
        """A measure of the flow."""
        return cls(name=seen.name, value=seen.value, unit=seen.unit)


@strawberry.type(description="One part of the system that was looked at.")
class HealthCheck:
    """A check."""

    name: str = strawberry.field(
        description="Which part: database, migrations, redis, bus, storage, clock, mail (where it is "
        "set up), api, workers, schedulers, publishing, platforms or punctuality."
    )
    state: HealthState = strawberry.field(description="How it is.")
    message: str = strawberry.field(description="What was found, and what to do where it is not as it should be.")
    seconds: float | None = strawberry.field(description="How long it took to answer, where that was measured.")
    since: datetime | None = strawberry.field(
        description="Since when it is so, as far as somebody looked; null where nobody can tell."
    )
    evidence: list[HealthEvidence] = strawberry.field(description="The numbers that say so.")

    @classmethod
    def of(cls, seen: CheckSeen) -> HealthCheck:
        """A check of the flow."""
        return cls(
            name=seen.name,
            state=seen.state,
            message=seen.message,
            seconds=seen.seconds,
            since=seen.since,
            evidence=[HealthEvidence.of(one) for one in seen.evidence],
        )


@strawberry.type(description="How many jobs are in one state.")
class QueueDepth:
    """A depth."""

    state: JobState = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What waits to be published.")
class Queue:
    """A queue."""

    depth: list[QueueDepth] = strawberry.field(description="How many jobs are in each state; states without any too.")
    oldest_due_at: datetime | None = strawberry.field(
        description="The planned time of the job that is due longest and still waits for a worker; null: none does."
    )
    dead_letters: int = strawberry.field(
        description="Failed jobs that nobody has discarded: `depth` counts discarded ones as failed too."
    )
    scheduler_lag: float = strawberry.field(
        description="Seconds that the earliest due job has been waiting for the scheduler; 0 when nothing is due."
    )

    @classmethod
    def of(cls, seen: QueueSeen) -> Queue:
        """A queue of the flow."""
        return cls(
            depth=[QueueDepth(state=state, count=seen.depth.get(state, 0)) for state in JobState],
            oldest_due_at=seen.oldest_due_at,
            dead_letters=seen.dead_letters,
            scheduler_lag=seen.scheduler_lag.total_seconds(),
        )


@strawberry.type(description="How it stands with the objective: which share of the posts is accepted in time.")
class Punctuality:
    """A standing."""

    objective: float = strawberry.field(description="The share that is meant to be in time, e.g. 0.99.")
    within_seconds: float = strawberry.field(
        description="In time is what its platform has accepted within this many seconds of its moment."
    )
    days: float = strawberry.field(description="Over how many days it is measured.")
    in_time: int = strawberry.field(description="Posts that were in time.")
    late: int = strawberry.field(
        description="Posts that were not, or missed their window. What quiet hours, a pause, a lost access or a person "
        "held back is not held against them."
    )
    achieved: float = strawberry.field(description="The share that was in time; 1 where there was none.")
    budget_left: float = strawberry.field(
        description="The share of the allowed late posts that is left; below 0 the objective is broken."
    )
    burn_hour: float = strawberry.field(
        description="How fast the budget was used up in the last hour: at 1 it lasts just as long as `days`."
    )
    burn_six_hours: float = strawberry.field(description="The same over the last six hours.")

    @classmethod
    def of(cls, seen: Standing) -> Punctuality:
        """A standing of the flow."""
        return cls(
            objective=seen.target,
            within_seconds=seen.seconds,
            days=seen.span.total_seconds() / 86400,
            in_time=seen.figures.good,
            late=seen.figures.late,
            achieved=seen.figures.achieved,
            budget_left=seen.budget_left,
            burn_hour=seen.burns["1h"],
            burn_six_hours=seen.burns["6h"],
        )


@strawberry.type(description="Whether posts go out, and what holds them up if not.")
class Health:
    """The whole picture."""

    asked: strawberry.Private[Asked]
    state: HealthState = strawberry.field(description="The worst of the parts.")
    checked_at: datetime = strawberry.field(description="When it was measured.")
    version: str = strawberry.field(description="The release that answers.")
    checks: list[HealthCheck] = strawberry.field(description="The parts.")
    workers: int = strawberry.field(description="Worker processes that gave a sign of life.")
    schedulers: int = strawberry.field(description="Schedulers that gave a sign of life.")
    platforms: list[PlatformHealth] = strawberry.field(
        description="Every platform by key: whether it is called, and if not, why; empty while the database is away."
    )
    queue: Queue | None = strawberry.field(
        description="What waits in this workspace; null while the database does not answer."
    )
    installation: Queue | None = strawberry.field(
        description="What waits in all workspaces together; null without the scope `OPERATOR`."
    )
    punctuality: Punctuality | None = strawberry.field(
        description="How punctual the workspace's posts were; null while the database does not answer."
    )
    installation_punctuality: Punctuality | None = strawberry.field(
        description="How punctual those of all workspaces were; null without the scope `OPERATOR`."
    )

    @derived("The workspace's connections; null where counting took too long.")
    async def connections(self) -> ConnectionsHealth | None:
        """A census."""
        found = await self.asked.figures()
        return None if found is None else ConnectionsHealth.of(found.connections)

    @derived("How many of the workspace's next jobs go out as things stand: those due within 24 hours, 200 at most.")
    async def readiness(self) -> ReadinessSummary | None:
        """An outlook."""
        found = await self.asked.outlook()
        return None if found is None else ReadinessSummary.of(found)

    @derived("The connections of all workspaces together; null without the scope `OPERATOR`.")
    async def installation_connections(self) -> ConnectionsHealth | None:
        """A census of all."""
        found = await self.asked.installation()
        return None if found is None else ConnectionsHealth.of(found.connections)

    @derived("The tries of all workspaces together, by platform; null without the scope `OPERATOR`.")
    async def installation_platforms(self) -> list[PlatformTries] | None:
        """The tries of all."""
        found = await self.asked.installation()
        if found is None:
            return None
        return [PlatformTries.of(key, lately) for key, lately in sorted(found.platforms.items())]

    @classmethod
    def of(cls, seen: Seen, asked: Asked) -> Health:
        """The flow's picture; `asked` counts what is asked for besides."""
        whole = seen.installation
        return cls(
            asked=asked,
            state=seen.state,
            checked_at=seen.checked_at,
            version=seen.version,
            checks=[HealthCheck.of(check) for check in seen.checks],
            workers=seen.workers,
            schedulers=seen.schedulers,
            platforms=[PlatformHealth.of(one, asked.figures) for one in seen.platforms],
            queue=None if seen.queue is None else Queue.of(seen.queue),
            installation=None if whole is None else Queue.of(whole.queue),
            punctuality=None if seen.punctuality is None else Punctuality.of(seen.punctuality),
            installation_punctuality=None if whole is None else Punctuality.of(whole.punctuality),
        )
