"""Platforms in health: how each is treated now, what waits there, how tries went, what is left of its allowances."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from app.domain.breakers.model import Breaker
from app.domain.breakers.states import BreakerState, Operation
from app.domain.jobs.states import ParkReason
from app.flows.health.figures import Figures
from app.flows.health.model import PlatformSeen
from schema.health.figures import AllowanceHealth, PlatformOutcomes
from schema.traversal import derived
from schema.words import offer

offer(BreakerState, "How a platform is treated.")
offer(Operation, "What is done on a platform.", name="PlatformOperation")

Ask = Callable[[], Awaitable[Figures | None]]
"""Counts, where somebody asks for it."""


@strawberry.type(description="Why a platform is not called for now.")
class PlatformBreaker:
    """A breaker that is not closed."""

    state: BreakerState = strawberry.field(description="How it is treated.")
    operation: Operation = strawberry.field(description="What is held back.")
    server: str | None = strawberry.field(description="The server, where the platform has many; null means all of it.")
    since: datetime = strawberry.field(description="Since when.")
    reason: str = strawberry.field(description="What the platform answered, or why an operator paused it.")
    next_probe_at: datetime | None = strawberry.field(
        description="When one call may find out whether it is back; null where an operator ends it: `resumePlatform`."
    )

    @classmethod
    def of(cls, row: Breaker) -> PlatformBreaker:
        """A breaker's row."""
        return cls(
            state=row.state,
            operation=row.operation,
            server=row.host or None,
            since=row.since,
            reason=row.reason,
            next_probe_at=row.next_probe_at,
        )


@strawberry.type(description="How many jobs of the workspace wait for one condition.")
class Waiting:
    """A count."""

    reason: ParkReason = strawberry.field(description="What they wait for.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="A platform as it is treated now.")
class PlatformHealth:
    """A platform."""

    asked: strawberry.Private[Ask]
    key: str = strawberry.field(description="The platform's short name.")
    state: BreakerState = strawberry.field(
        description="How its posts are treated where they are held back at all: the worst of `breakers`; else CLOSED."
    )
    breakers: list[PlatformBreaker] = strawberry.field(description="What is held back, and why; empty: nothing.")
    waiting: list[Waiting] = strawberry.field(description="What of the workspace's waits there, by what for.")

    @derived("How the workspace's tries went there that began within the last hour; null where counting took too long.")
    async def last_hour(self) -> PlatformOutcomes | None:
        """An hour's tries."""
        found = await self.asked()
        return None if found is None else PlatformOutcomes.of(found.lately(self.key).hour)

    @derived("The same within the last 24 hours.")
    async def last_day(self) -> PlatformOutcomes | None:
        """A day's tries."""
        found = await self.asked()
        return None if found is None else PlatformOutcomes.of(found.lately(self.key).day)

    @derived(
        "What is left of its allowances, of each for the account that has the least; empty where it declares none."
    )
    async def allowances(self) -> list[AllowanceHealth]:
        """The ledger."""
        found = await self.asked()
        return [] if found is None else [AllowanceHealth.of(one) for one in found.allowances.get(self.key, ())]

    @classmethod
    def of(cls, seen: PlatformSeen, asked: Ask) -> PlatformHealth:
        """A platform of the flow; `asked` counts what is asked for besides."""
        order = (BreakerState.PAUSED, BreakerState.OPEN, BreakerState.PROBING, BreakerState.CLOSED)
        states = [one.state for one in seen.breakers]
        return cls(
            asked=asked,
            key=seen.key,
            state=min(states, key=order.index, default=BreakerState.CLOSED),
            breakers=[PlatformBreaker.of(one) for one in seen.breakers],
            waiting=[
                Waiting(reason=reason, count=seen.waiting[reason]) for reason in ParkReason if reason in seen.waiting
            ],
        )
