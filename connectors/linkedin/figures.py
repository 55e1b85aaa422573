"""Figures of posts and accounts, as far as LinkedIn shows them to the connection; what it does not show is left out.

A page's posts come with the page's statistics, many in one request. A member's posts are asked for one by one, and only
with rights that LinkedIn gives to few: all figures with one of them, likes and comments with another. Sources:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics,
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/network-update-social-actions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from connectors.contract import Access, Context, Metrics, PublishedRef
from connectors.linkedin import comments, rest
from connectors.linkedin.accounts import is_page, may_read
from connectors.linkedin.faults import refusal
from connectors.linkedin.member_figures import may_measure, measured
from connectors.linkedin.metric_table import SHARES
from connectors.linkedin.page_figures import days_of_page, of_page
from connectors.metric_names import MetricName, counted

BATCH: Final = 20
"""How many posts one request names: each URN is long, and an address has an end."""

_KINDS: Final = {"urn:li:share:": ("shares", "share"), "urn:li:ugcPost:": ("ugcPosts", "ugcPost")}
_MEMBER_FOLLOWERS: Final = "r_member_profileAnalytics"


async def metrics(cx: Context, access: Access, refs: Sequence[PublishedRef]) -> list[Metrics]:
    """The figures of the posts that are still there, in the order in which they were asked for."""
    posts = [ref.id for ref in refs if not comments.is_comment(ref)]
    if not is_page(access.account) and may_measure(access):
        known = {urn: await measured(cx, access, urn) for urn in posts}
        return [Metrics(urn, values, cx.now()) for urn, values in known.items() if values is not None]
    if not may_read(access):
        return []
    found = await (_of_pages(cx, access, posts) if is_page(access.account) else _of_members(cx, access, posts))
    return [found[urn] for urn in posts if urn in found]


async def account_metrics(cx: Context, access: Access) -> Metrics:
    """The page's figures, or the member's followers where the connection may know them."""
    ref, values = access.account.external_id, dict[str, int]()
    if is_page(access.account):
        values = dict(await of_page(cx, access))
    elif _MEMBER_FOLLOWERS in access.tokens.scopes:
        for item in rest.elements(await rest.read(cx, access, "/rest/memberFollowersCount?q=me")):
            values = counted(item, {MetricName.FOLLOWERS: "memberFollowersCount"})
    return Metrics(ref, values, cx.now())


async def account_history(cx: Context, access: Access, since: datetime, until: datetime) -> list[Metrics]:
    """The figures of each day of a page; LinkedIn tells none of members."""
    return await days_of_page(cx, access, since, until) if is_page(access.account) else []


async def _of_pages(cx: Context, access: Access, urns: Sequence[str]) -> dict[str, Metrics]:
    found: dict[str, Metrics] = {}
    page = rest.encoded(access.account.external_id)
    for prefix, (parameter, key) in _KINDS.items():
        named = [urn for urn in urns if urn.startswith(prefix)]
        for start in range(0, len(named), BATCH):
            batch = named[start : start + BATCH]
            path = (
                "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
                f"&organizationalEntity={page}&{parameter}={rest.listed(batch)}"
            )
            for item in rest.elements(await rest.read(cx, access, path)):
                urn, figures = item.get(key), item.get("totalShareStatistics")
                if isinstance(urn, str) and urn in batch and isinstance(figures, Mapping):
                    found[urn] = Metrics(urn, counted(figures, SHARES), cx.now())
    return found


async def _of_members(cx: Context, access: Access, urns: Sequence[str]) -> dict[str, Metrics]:
    found: dict[str, Metrics] = {}
    for urn in urns:
        answer = await rest.call(cx, access, "GET", comments.path_of(urn))
        if answer.status == 404:
            continue
        if not answer.ok:
            raise refusal(answer, cx.now())
        shown = rest.body(cx, answer)
        likes, said = shown.get("likesSummary"), shown.get("commentsSummary")
        values = counted(likes, {MetricName.LIKES: "totalLikes"})
        values |= counted(said, {MetricName.COMMENTS: "aggregatedTotalComments"})
        found[urn] = Metrics(urn, values, cx.now())
    return found
