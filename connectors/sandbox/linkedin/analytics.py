"""Figures of a member's posts, for the member alone: one figure a request.

Source: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/members/post-statistics
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.linkedin.contract import check
from connectors.sandbox.linkedin.errors import denied, not_found
from connectors.sandbox.linkedin.members import COUNTS
from connectors.sandbox.linkedin.store import Store
from connectors.sandbox.linkedin.tokens import Tokens
from connectors.sandbox.world import World

_PATH = "/rest/memberCreatorPostAnalytics"
_COUNTS = {
    "IMPRESSION": "impressionCount",
    "MEMBERS_REACHED": "uniqueImpressionsCount",
    "LINK_CLICKS": "clickCount",
    "REACTION": "likeCount",
    "COMMENT": "commentCount",
    "RESHARE": "shareCount",
}


@dataclass(frozen=True, slots=True)
class Analytics:
    """The handler."""

    world: World
    tokens: Tokens
    store: Store

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [Route(_PATH, self.of_post)]

    async def of_post(self, request: Request) -> Response:
        """One figure of one post of the caller's."""
        await check(request, _PATH)
        caller, query = self.tokens.caller(request), request.query_params
        caller.require("r_member_postAnalytics", what="memberCreatorPostAnalytics.FINDER-entity")
        urn = query["entity"].partition(":")[2].removesuffix(")")
        post = self.store.get(urn)
        if post is None:
            raise not_found()
        if post.author != caller.member.id:
            raise denied("memberCreatorPostAnalytics.FINDER-entity")
        counts, metric = self.world.tables.get(COUNTS, urn) or {}, query["queryType"]
        row = {"count": counts.get(_COUNTS.get(metric, metric), 0), "metricType": metric, "targetEntity": urn}
        return JSONResponse({"elements": [row], "paging": {"start": 0, "count": 10, "links": []}})
