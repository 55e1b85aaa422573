"""Figures of health: connections, the tries on each platform, and what is left of its allowances."""

from __future__ import annotations

import strawberry

from app.domain.connections.states import ConnectionState
from app.domain.connections.statistics import Census
from app.domain.jobs.outcomes import Lately, Outcomes
from app.flows.health.figures import AllowanceLeft
from schema.connections.connection import Connection
from schema.traversal import one


@strawberry.type(description="How many connections are in one state.")
class ConnectionCount:
    """A count."""

    state: ConnectionState = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How the accounts are that posts go to.")
class ConnectionsHealth:
    """A census."""

    states: list[ConnectionCount] = strawberry.field(
        description="How many connections are in each state; states without any too."
    )
    expiring_in_day: int = strawberry.field(
        description="Connections whose access ends within 24 hours unless it is renewed, or has ended."
    )
    expiring_in_week: int = strawberry.field(description="The same within 7 days; those of 24 hours are among them.")
    failed_refreshes: int = strawberry.field(description="Renewals of tokens that failed within the last 24 hours.")

    @classmethod
    def of(cls, seen: Census) -> ConnectionsHealth:
        """A census of the rows."""
        return cls(
            states=[ConnectionCount(state=state, count=seen.by_state[state]) for state in ConnectionState],
            expiring_in_day=seen.expiring_day,
            expiring_in_week=seen.expiring_week,
            failed_refreshes=seen.failed_refreshes,
        )


@strawberry.type(description="How often tries failed for one reason.")
class FaultCount:
    """A count."""

    kind: str = strawberry.field(description="The kind of fault, as on `Fault.kind`.")
    count: int = strawberry.field(description="How many tries.")


@strawberry.type(description="How tries went within one time. What is not decided yet counts in neither.")
class PlatformOutcomes:
    """Tries."""

    succeeded: int = strawberry.field(description="Tries after which the post was out.")
    failed: int = strawberry.field(description="Tries that ended with a fault: refused, put off, or without an answer.")
    success_rate: float | None = strawberry.field(description="The share that succeeded; null where none was decided.")
    p50: float | None = strawberry.field(
        description="Seconds from taking a job to its platform's acceptance that half of the tries did not exceed."
    )
    p95: float | None = strawberry.field(description="Seconds that 95 of 100 tries did not exceed.")
    faults: list[FaultCount] = strawberry.field(description="The failed tries by their fault, the most frequent first.")

    @classmethod
    def of(cls, seen: Outcomes) -> PlatformOutcomes:
        """Counted tries."""
        kinds = sorted(seen.faults.items(), key=lambda one: (-one[1], one[0]))
        return cls(
            succeeded=seen.succeeded,
            failed=seen.failed,
            success_rate=seen.rate,
            p50=seen.p50,
            p95=seen.p95,
            faults=[FaultCount(kind=kind, count=count) for kind, count in kinds],
        )


@strawberry.type(description="The tries on one platform in the workspaces together.")
class PlatformTries:
    """A platform's tries."""

    key: str = strawberry.field(description="The platform's short name.")
    last_hour: PlatformOutcomes = strawberry.field(description="Tries that began within the last hour.")
    last_day: PlatformOutcomes = strawberry.field(description="Tries that began within the last 24 hours.")

    @classmethod
    def of(cls, key: str, seen: Lately) -> PlatformTries:
        """Counted tries."""
        return cls(key=key, last_hour=PlatformOutcomes.of(seen.hour), last_day=PlatformOutcomes.of(seen.day))


@strawberry.type(description="What is left of one of a platform's allowances.")
class AllowanceHealth:
    """An allowance."""

    row: strawberry.Private[AllowanceLeft]
    name: str = strawberry.field(description="Which, as in `Platform.quotas`.")
    max: int = strawberry.field(description="How many units there are: what the platform said, else what is declared.")
    used: int = strawberry.field(description="Units that count as used now.")
    left: int = strawberry.field(description="Units that are free.")
    connection: Connection | None = one(
        "connections",
        by="connection_id",
        into="schema.connections.connection:Connection",
        description="The account that has the least left; null where all accounts share it, or none has used any.",
    )

    @classmethod
    def of(cls, seen: AllowanceLeft) -> AllowanceHealth:
        """A line of the ledger."""
        return cls(row=seen, name=seen.name, max=seen.most, used=seen.used, left=seen.left)
