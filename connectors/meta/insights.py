"""Figures by Graph insights, asked for in small groups: a metric that was removed spoils its own group only.

Sources: https://developers.facebook.com/docs/graph-api/reference/v26.0/insights,
https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-media/insights
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.faults import FaultKind, PlatformFault
from connectors.meta.graph import Graph

_TOLERATED: Final = frozenset({FaultKind.INVALID_CONTENT, FaultKind.PERMISSION_MISSING, FaultKind.UNEXPECTED_ANSWER})
"""A group that fails so is left out: the metric is gone, not granted, or has too few readers to be shown."""


@dataclass(frozen=True, slots=True)
class Group:
    """Metrics that are asked for together: Meta's name -> ours."""

    names: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)


async def read(graph: Graph, node: str, groups: Sequence[Group], *, edge: str = "insights") -> dict[str, int]:
    """The figures of a node by our names; what Meta does not give is absent.

    Raises `PlatformFault` where the account or the node is the trouble, not a metric.
    """
    values: dict[str, int] = {}
    for group in groups:
        params = {"metric": ",".join(group.names), **group.params}
        try:
            body = await graph.get(f"{node}/{edge}", params)
        except PlatformFault as trouble:
            if trouble.fault.kind not in _TOLERATED:
                raise
            continue
        values |= figures(body, group.names)
    return values


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
