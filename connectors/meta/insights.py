"""Figures by Graph insights, asked for in small groups: a metric that was removed spoils its own group only.

Sources: https://developers.facebook.com/docs/graph-api/reference/v26.0/insights,
https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-media/insights
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from connectors.faults import FaultKind, PlatformFault
from connectors.meta.graph import Graph
from connectors.metric_names import MetricName
from connectors.outcomes import Metrics

_TOLERATED: Final = frozenset({FaultKind.INVALID_CONTENT, FaultKind.PERMISSION_MISSING, FaultKind.UNEXPECTED_ANSWER})
"""A group that fails so is left out: the metric is gone, not granted, or has too few readers to be shown."""


@dataclass(frozen=True, slots=True)
class Group:
    """Metrics that are asked for together: Meta's name -> ours."""

    names: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What insights told."""

    values: dict[str, int]
    complete: bool
    """Whether no group was refused."""


def named(names: Mapping[MetricName, str], *wanted: MetricName) -> dict[str, str]:
    """Meta's name -> ours, of these metrics (all of them where none is named)."""
    return {names[name]: name.value for name in wanted or names}


async def read(graph: Graph, node: str, groups: Sequence[Group], *, edge: str = "insights") -> Told:
    """The figures of a node by our names; what Meta does not give is absent.

    Raises `PlatformFault` where the account or the node is the trouble, not a metric.
    """
    values, complete = dict[str, int](), True
    for group in groups:
        params = {"metric": ",".join(group.names), **group.params}
        try:
            body = await graph.get(f"{node}/{edge}", params)
        except PlatformFault as trouble:
            if trouble.fault.kind not in _TOLERATED:
                raise
            complete = False
            continue
        values |= figures(body, group.names)
    return Told(values, complete)


async def days(graph: Graph, node: str, groups: Sequence[Group], since: datetime, until: datetime) -> list[Metrics]:
    """The figures of each day that ends after `since` and not after `until`, oldest first.

    Raises `PlatformFault` where the account or the node is the trouble, not a metric.
    """
    found: dict[datetime, dict[str, int]] = {}
    span = {"since": str(int(since.timestamp())), "until": str(int(until.timestamp()))}
    for group in groups:
        try:
            body = await graph.get(f"{node}/insights", {"metric": ",".join(group.names), **group.params, **span})
        except PlatformFault as trouble:
            if trouble.fault.kind not in _TOLERATED:
                raise
            continue
        for name, end, count in _daily(body):
            if name in group.names and since < end <= until:
                found.setdefault(end, {})[group.names[name]] = count
    return [Metrics(node, values, end) for end, values in sorted(found.items())]


def _daily(body: Mapping[str, Any]) -> list[tuple[str, datetime, int]]:
    """Meta's name, the end of the day and the figure, of every row that is of the documented form."""
    found: list[tuple[str, datetime, int]] = []
    rows = body.get("data")
    for row in rows if isinstance(rows, list) else ():
        values = row.get("values") if isinstance(row, Mapping) else None
        for item in values if isinstance(values, list) else ():
            if isinstance(item, Mapping):
                end, count = _moment(item.get("end_time")), _count(item.get("value"))
                if end is not None and count is not None:
                    found.append((str(row.get("name")), end, count))
    return found


def _moment(words: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(words) if isinstance(words, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def figures(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, int]:
    """The figures in an answer of insights; anything that is not of the documented form is left out."""
    rows = body.get("data")
    found: dict[str, int] = {}
    for row in rows if isinstance(rows, list) else ():
        ours = names.get(row["name"]) if isinstance(row, Mapping) and isinstance(row.get("name"), str) else None
        value = _value(row) if ours is not None else None
        if ours is not None and value is not None:
            found[ours] = value
    return found


def _value(row: Mapping[str, Any]) -> int | None:
    """The total of a row, else its newest value; a value by kinds counts as their sum."""
    total = row.get("total_value")
    if isinstance(total, Mapping):
        return _count(total.get("value"))
    values = row.get("values")
    last = values[-1] if isinstance(values, list) and values else None
    return _count(last.get("value")) if isinstance(last, Mapping) else None


def _count(value: Any) -> int | None:
    if isinstance(value, Mapping):
        counts = [_count(item) for item in value.values()]
        return sum(count for count in counts if count is not None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
