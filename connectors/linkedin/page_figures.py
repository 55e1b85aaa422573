"""Figures of a page as a whole, of the last full day. LinkedIn counts in days of UTC, which begin at midnight.

Sources, below https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/:
share-statistics, follower-statistics, page-statistics, organization-lookup-api
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.contract import Access, Context
from connectors.linkedin import rest

SHARES: Final[Mapping[str, str]] = {
    "impressions": "impressionCount",
    "reach": "uniqueImpressionsCount",
    "clicks": "clickCount",
    "likes": "likeCount",
    "comments": "commentCount",
    "shares": "shareCount",
}
"""The figures of posts, under our names."""
_ENTITY: Final = "organizationalEntity"


async def of_page(cx: Context, access: Access) -> Mapping[str, int]:
    """Followers as they are now; the last day's new ones, views of the page, and figures of all its posts together."""
    page, day = rest.encoded(access.account.external_id), _last_day(cx.now())
    size = await rest.read(cx, access, f"/rest/networkSizes/{page}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")
    shared = await _one(cx, access, f"organizationalEntityShareStatistics?q=organizationalEntity&{_ENTITY}={page}", day)
    gained = await _one(
        cx, access, f"organizationalEntityFollowerStatistics?q=organizationalEntity&{_ENTITY}={page}", day
    )
    viewed = await _one(cx, access, f"organizationPageStatistics?q=organization&organization={page}", day)
    gains = numbers(gained.get("followerGains"), {"own": "organicFollowerGain", "paid": "paidFollowerGain"})
    views = _inner(_inner(_inner(viewed, "totalPageStatistics"), "views"), "allPageViews")
    return {
        **numbers(size, {"followers": "firstDegreeSize"}),
        **({"new_followers": sum(gains.values())} if gains else {}),
        **numbers(views, {"page_views": "pageViews"}),
        **numbers(shared.get("totalShareStatistics"), SHARES),
    }


def numbers(found: Any, names: Mapping[str, str]) -> dict[str, int]:
    """The figures of an object that are there, under our names."""
    if not isinstance(found, Mapping):
        return {}
    return {name: found[key] for name, key in names.items() if isinstance(found.get(key), int)}


def _last_day(now: datetime) -> str:
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    span = [int(moment.timestamp() * 1000) for moment in (end - timedelta(days=1), end)]
    return f"(timeRange:(start:{span[0]},end:{span[1]}),timeGranularityType:DAY)"


async def _one(cx: Context, access: Access, path: str, day: str) -> Mapping[str, Any]:
    """The one row of the day; nothing where there is none, as for a page without posts."""
    rows = rest.elements(await rest.read(cx, access, f"/rest/{path}&timeIntervals={day}"))
    return rows[0] if rows else {}


def _inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, Mapping) else {}
