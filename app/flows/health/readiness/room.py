"""What is left of the allowances when a job's turn comes, counting the jobs before it. Pure.

Jobs take their turns by their moments. Each takes what it uses from the ledger as it stands, or waits until there is
room, as publishing does. A job that would go out after its window, and is not wanted late, takes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.jobs.quotas import Use, free_at, uses
from app.flows.health.readiness.model import Room
from connectors.quotas import QuotaRule

Owner = UUID | str
"""A connection, or the platform where all accounts share an allowance."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger: moment (seconds since 1970) until which it counts -> units."""

    most: int | None = None
    """What the platform has said of it; None: what is declared counts."""
    spent: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """A job that uses allowances."""

    job_id: UUID
    connection_id: UUID
    platform: str
    content: Mapping[str, Any]
    part: int
    at: datetime
    gives_up_at: datetime | None
    """The end of its window; None where it is wanted late as well."""


def rooms(
    turns: Sequence[Turn], rules: Mapping[str, Sequence[QuotaRule]], ledger: Mapping[tuple[Owner, str], Line]
) -> dict[UUID, Room]:
    """For each job, when there is room for it; `rules` are by platform."""
    spent = {key: dict(line.spent) for key, line in ledger.items()}
    found = {}
    for turn in sorted(turns, key=lambda one: (one.at, one.job_id)):
        declared = rules.get(turn.platform, ())
        room = _room(uses(declared, turn.content, turn.part, turn.at), turn, spent, ledger)
        found[turn.job_id] = room
        if room.at is None or (turn.gives_up_at is not None and room.at >= turn.gives_up_at):
            continue
        for use in uses(declared, turn.content, turn.part, room.at):
            line = spent.setdefault(_key(use, turn), {})
            line[str(use.until)] = line.get(str(use.until), 0) + use.units
    return found


def _room(
    wanted: Sequence[Use],
    turn: Turn,
    spent: Mapping[tuple[Owner, str], Mapping[str, int]],
    ledger: Mapping[tuple[Owner, str], Line],
) -> Room:
    latest = Room(turn.at)
    for use in wanted:
        key = _key(use, turn)
        said = ledger[key].most if key in ledger else None
        moment = free_at(spent.get(key, {}), use.most if said is None else said, use.units, turn.at)
        if moment is None:
            return Room(None, use.name)
        if latest.at is None or moment > latest.at:
            latest = Room(moment, use.name)
    return latest


def _key(use: Use, turn: Turn) -> tuple[Owner, str]:
    return (turn.platform if use.shared else turn.connection_id, use.name)
