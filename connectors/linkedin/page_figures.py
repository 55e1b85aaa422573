"""Figures of a page as a whole, of the last full day. LinkedIn counts in days of UTC, which begin at midnight.

Sources, below https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/:
share-statistics, follower-statistics, page-statistics, organization-lookup-api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.contract import Access, Context, Metrics
from connectors.linkedin import rest
from connectors.linkedin.metric_table import SHARES
from connectors.metric_names import MetricName, counted

_ENTITY: Final = "organizationalEntity"
_GAINS: Final = ("organicFollowerGain", "paidFollowerGain")
_DAY: Final = timedelta(days=1)


async def of_page(cx: Context, access: Access) -> Mapping[str, int]:
    """Followers as they are now; the last day's new ones, views of the page, and figures of all its posts together."""
    page, end = rest.encoded(access.account.external_id), _midnight(cx.now())
    size = await rest.read(cx, access, f"/rest/networkSizes/{page}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")
    values = counted(size, {MetricName.FOLLOWERS: "firstDegreeSize"})
    for rows in await _rows(cx, access, end - _DAY, end):
        values |= _of_day(rows[0]) if rows else {}
    return values


async def days_of_page(cx: Context, access: Access, since: datetime, until: datetime) -> list[Metrics]:
    """The figures of each whole day of UTC within a time, oldest first; LinkedIn tells twelve months."""
    start, end = _midnight(since), _midnight(until)
    start += _DAY * (start < since)
    found: dict[datetime, dict[str, int]] = {}
    for rows in await _rows(cx, access, start, end) if start < end else ():
        for row in rows:
            span = row.get("timeRange")
            ends = span.get("end") if isinstance(span, Mapping) else None
            if isinstance(ends, int):
                found.setdefault(datetime.fromtimestamp(ends / 1000, UTC), {}).update(_of_day(row))
    return [Metrics(access.account.external_id, values, at) for at, values in sorted(found.items()) if values]


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


async def _rows(cx: Context, access: Access, start: datetime, end: datetime) -> list[Sequence[Mapping[str, Any]]]:
    """The rows of the three statistics, one a day; none where there is nothing, as for a page without posts."""
    page = rest.encoded(access.account.external_id)
    span = [int(moment.timestamp() * 1000) for moment in (start, end)]
    days = f"(timeRange:(start:{span[0]},end:{span[1]}),timeGranularityType:DAY)"
    paths = (
        f"organizationalEntityFollowerStatistics?q=organizationalEntity&{_ENTITY}={page}",
        f"organizationPageStatistics?q=organization&organization={page}",
        f"organizationalEntityShareStatistics?q=organizationalEntity&{_ENTITY}={page}",
    )
    return [rest.elements(await rest.read(cx, access, f"/rest/{path}&timeIntervals={days}")) for path in paths]


def _of_day(row: Mapping[str, Any]) -> dict[str, int]:
    """What a row of any of the three statistics says."""
    gains = _inner(row, "followerGains")
    parts = [gains[key] for key in _GAINS if isinstance(gains.get(key), int)]
    views = _inner(_inner(_inner(row, "totalPageStatistics"), "views"), "allPageViews")
    return {
        **({MetricName.NEW_FOLLOWERS.value: sum(parts)} if parts else {}),
        **counted(views, {MetricName.PAGE_VIEWS: "pageViews"}),
        **counted(row.get("totalShareStatistics"), SHARES),
    }


def _inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, Mapping) else {}
