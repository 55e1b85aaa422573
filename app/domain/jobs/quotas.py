"""What a job uses of its platform's allowances, until when, and when there is room again: pure.

What was used stands on the ledger under the moment (seconds since 1970) at which it stops to count. A rolling time is
cut into slots, and what falls into one counts until the slot has passed: never too short, at most a slot too long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.quotas import QuotaCount, QuotaRule, QuotaScope, QuotaWindow

SLOTS: Final = 96
"""Slots of a rolling time: a quarter of an hour each for a day."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a job reserves of one allowance."""

    name: str
    most: int
    until: int
    """Seconds since 1970: it counts until then."""
    shared: bool
    """Whether the allowance is the application's and not the account's."""
    kept: bool
    """Whether it counts as used once it is begun: an upload is not taken back."""
    each: tuple[int, ...]
    """Units of each part, from the first one that is not out yet."""

    @property
    def units(self) -> int:
        """All of it; what exceeds the whole allowance waits for all of it to be free."""
        return min(sum(self.each), self.most)


def uses(rules: Sequence[QuotaRule], content: Mapping[str, Any], part: int, at: datetime) -> tuple[Use, ...]:
    """What the parts of a stored content from `part` on use; allowances that they do not touch are left out."""
    found = []
    for rule in rules:
        each = tuple(_units(rule, content, number) for number in range(part, len(content["parts"])))
        if any(each):
            shared, kept = rule.scope is QuotaScope.APPLICATION, rule.counts is QuotaCount.FILES
            found.append(Use(rule.name, rule.max, until(rule, at), shared, kept, each))
    return tuple(found)


def _units(rule: QuotaRule, content: Mapping[str, Any], part: int) -> int:
    if rule.counts is QuotaCount.CALLS or (rule.first_part and part):
        return 0
    if rule.option is not None and content["options"].get(rule.option[0]) != rule.option[1]:
        return 0
    counted = len(content["parts"][part]["media"]) if rule.counts is QuotaCount.FILES else 1
    return counted * rule.cost


def until(rule: QuotaRule, at: datetime) -> int:
    """The moment until which something that is used at `at` counts, in seconds since 1970."""
    if rule.window is QuotaWindow.ROLLING:
        slot = max(1, int(rule.per.total_seconds()) // SLOTS)
        end = at.timestamp() + rule.per.total_seconds()
        return (int(end) // slot + 1) * slot
    local = at.astimezone(ZoneInfo(rule.zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    days = 1 if rule.window is QuotaWindow.DAY else 32 - local.day
    begins = local + timedelta(days=days)  # wall-clock arithmetic: midnight stays midnight when the clocks change
    if rule.window is QuotaWindow.MONTH:
        begins = begins.replace(day=1)
    return int(begins.timestamp())


def spent_at(spent: Mapping[str, int], at: datetime) -> int:
    """What of a ledger's line counts at a moment."""
    return sum(units for until_, units in spent.items() if int(until_) > at.timestamp())


def free_at(spent: Mapping[str, int], most: int, units: int, at: datetime) -> datetime | None:
    """When so many units are free: `at` itself where they are now, None where no waiting helps."""
    if units > most:
        return None
    left = spent_at(spent, at)
    ends = [at.timestamp(), *sorted(int(one) for one in spent if int(one) > at.timestamp())]
    for end in ends:
        left -= spent.get(str(end), 0)
        if left + units <= most:
            return at if end == ends[0] else datetime.fromtimestamp(end, UTC)
    return None


def reservation(part: int, used: Sequence[Use]) -> dict[str, Any]:
    """What a job keeps of its reservation, so that it can be given back."""
    return {"part": part, "uses": [asdict(use) for use in used]}


def unused(reserved: Mapping[str, Any], part: int) -> list[dict[str, Any]]:
    """What of a reservation the parts from `part` on have left unused: name, moment, units, whose."""
    found = []
    for use in reserved["uses"]:
        begun = sum(use["each"][: max(0, part - reserved["part"])])
        units = max(0, min(sum(use["each"]), use["most"]) - begun)
        if units and not use["kept"]:
            found.append({"name": use["name"], "until": str(use["until"]), "units": units, "shared": use["shared"]})
    return found


def corrected(spent: Mapping[str, int], used: int, end: int, at: datetime) -> dict[str, int]:
    """A ledger's line that adds up to what the platform says was used.

    What it says more is counted until `end`; what it says less is taken from what stops to count first.
    """
    kept = {
        key: units for key, units in sorted(spent.items(), key=lambda one: int(one[0])) if int(key) > at.timestamp()
    }
    surplus = sum(kept.values()) - used
    for key in list(kept):
        taken = max(0, min(kept[key], surplus))
        surplus -= taken
        kept[key] -= taken
    if surplus < 0:
        kept[str(end)] = kept.get(str(end), 0) - surplus
    return {key: units for key, units in kept.items() if units}
