"""Who somebody is, which organizations somebody manages, and how many follow them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.linkedin.accounts import ORGANIZATION, Accounts
from connectors.sandbox.linkedin.contract import check
from connectors.sandbox.linkedin.errors import denied, not_found
from connectors.sandbox.linkedin.tokens import Tokens
from connectors.sandbox.world import World

COUNTS = "linkedin.counts"
"""Table of counts that were set by the control API, by the URN of a post, a member or an organization."""
_ADMIN = ("rw_organization_admin", "r_organization_admin")
_GAINED = "/rest/organizationalEntityFollowerStatistics"
_VIEWED = "/rest/organizationPageStatistics"
_MOMENT = re.compile(r"(?:start|end):(\d+)")


@dataclass(frozen=True, slots=True)
class Members:
    """Handlers."""

    world: World
    accounts: Accounts
    tokens: Tokens

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route("/v2/userinfo", self.userinfo),
            Route("/v2/me", self.me),
            Route("/rest/organizationAcls", self.roles),
            Route("/rest/organizations/{id}", self.organization),
            Route("/rest/networkSizes/{urn}", self.page_followers),
            Route("/rest/memberFollowersCount", self.followers),
            Route(_GAINED, self.gained),
            Route(_VIEWED, self.viewed),
        ]

    async def userinfo(self, request: Request) -> Response:
        """The member by OpenID Connect."""
        await check(request, "/v2/userinfo")
        caller = self.tokens.caller(request)
        caller.require("openid", what="userinfo")
        first, _, last = caller.member.name.partition(" ")
        body = {"sub": caller.member.key, "name": caller.member.name, "given_name": first, "family_name": last}
        return JSONResponse({**body, "locale": {"country": "US", "language": "en"}})

    async def me(self, request: Request) -> Response:
        """The member by the basic profile."""
        await check(request, "/v2/me")
        caller = self.tokens.caller(request)
        caller.require("r_basicprofile", what="me.GET.NO_VERSION")
        first, _, last = caller.member.name.partition(" ")
        names = {"localizedFirstName": first, "localizedLastName": last, "vanityName": caller.member.handle}
        return JSONResponse({"id": caller.member.key, **names})

    async def roles(self, request: Request) -> Response:
        """The caller's roles in organizations."""
        await check(request, "/rest/organizationAcls")
        caller = self.tokens.caller(request)
        caller.require(*_ADMIN, what="organizationAcls.FINDER-roleAssignee")
        found = [
            {"role": role, "organization": one.id, "roleAssignee": caller.member.id, "state": "APPROVED"}
            for one, role in self.accounts.roles_of(caller.member)
            if request.query_params.get("role", role) == role
        ]
        return JSONResponse(paged(request, found))

    async def organization(self, request: Request) -> Response:
        """One organization."""
        await check(request, "/rest/organizations/{id}")
        self.tokens.caller(request).require(*_ADMIN, what="organizations.GET")
        found = self.accounts.get(f"{ORGANIZATION}{request.path_params['id']}")
        if found is None or found.status == "closed":
            raise not_found()
        return JSONResponse({"id": int(found.key), "localizedName": found.name, "vanityName": found.handle})

    async def page_followers(self, request: Request) -> Response:
        """How many follow an organization."""
        await check(request, "/rest/networkSizes/{urn}")
        self.tokens.caller(request).require(*_ADMIN, "r_organization_social", what="networkSizes.GET")
        return JSONResponse({"firstDegreeSize": self._count(request.path_params["urn"])})

    async def followers(self, request: Request) -> Response:
        """How many follow the caller."""
        await check(request, "/rest/memberFollowersCount")
        caller = self.tokens.caller(request)
        if "r_member_profileAnalytics" not in caller.scopes:
            raise denied("memberFollowersCount.FINDER-me")
        return JSONResponse({"elements": [{"memberFollowersCount": self._count(caller.member.id)}]})

    async def gained(self, request: Request) -> Response:
        """How many began to follow an organization in a time."""
        await check(request, _GAINED)
        self.tokens.caller(request).require(*_ADMIN, what="organizationalEntityFollowerStatistics.FINDER")
        urn = request.query_params["organizationalEntity"]
        rows = []
        for span, counts in days_in(self.world, urn, request.query_params.get("timeIntervals")):
            gains = {name: counts.get(name, 0) for name in ("organicFollowerGain", "paidFollowerGain")}
            rows.append({"organizationalEntity": urn, "followerGains": gains, **span})
        return JSONResponse({"elements": rows})

    async def viewed(self, request: Request) -> Response:
        """How often an organization's page was looked at in a time."""
        await check(request, _VIEWED)
        self.tokens.caller(request).require(*_ADMIN, what="organizationPageStatistics.FINDER")
        urn = request.query_params["organization"]
        rows = []
        for span, counts in days_in(self.world, urn, request.query_params.get("timeIntervals")):
            views = {"views": {"allPageViews": {"pageViews": counts.get("pageViews", 0)}}}
            rows.append({"organization": urn, "totalPageStatistics": views, **span})
        return JSONResponse({"elements": rows})

    def _count(self, urn: str, name: str = "followers") -> int:
        return int((self.world.tables.get(COUNTS, urn) or {}).get(name, 0))


def days_in(world: World, urn: str, intervals: str | None) -> list[tuple[dict[str, object], Mapping[str, int]]]:
    """The days that are asked for, with what happened on each; all time together where no days are asked for.

    What was set for the page and for no day counts for a day that is asked for alone.
    """
    counts = world.tables.get(COUNTS, urn) or {}
    moments = [int(found) // 1000 for found in _MOMENT.findall(intervals or "")]
    if len(moments) != 2:
        return [({}, counts)]
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in moments)
    found: list[tuple[dict[str, object], Mapping[str, int]]] = []
    while start < end:
        until = start + timedelta(days=1)
        of_day = world.tables.get(COUNTS, f"{urn}@{until.date().isoformat()}")
        alone = counts if len(found) == 0 and until == end else {}
        span = {"start": int(start.timestamp() * 1000), "end": int(until.timestamp() * 1000)}
        found.append(({"timeRange": span}, alone if of_day is None else of_day))
        start = until
    return found


def paged(request: Request, items: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """One page of a collection, by `start` and `count`."""
    start, count = (int(request.query_params.get(name, default)) for name, default in (("start", 0), ("count", 10)))
    paging = {"start": start, "count": count, "links": [], "total": len(items)}
    return {"elements": list(items[start : start + count]), "paging": paging}
