"""Who is told what others do with an organization's posts, and what readers write.

A subscription belongs to application, member and organization. Its address must have been added to the application in
the developer portal, which asks it with a code.
Source: learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations,
organization-social-action-notifications
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.linkedin.accounts import ROLES, Account, Accounts
from connectors.sandbox.linkedin.apps import PAGES_APP
from connectors.sandbox.linkedin.contract import check, violation
from connectors.sandbox.linkedin.errors import LinkedInError, denied, not_found
from connectors.sandbox.linkedin.tokens import Tokens
from connectors.sandbox.outbound import this_machine
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

SUBSCRIPTIONS: Final = "linkedin.subscriptions"
PORTAL: Final = "linkedin.webhooks"
APPLICATION: Final = "86753090"
"""The number of the application for pages."""
EVENT: Final = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
LIFE: Final = timedelta(days=365)
_TEMPLATE: Final = "/rest/eventSubscriptions/{key}"
_KEY: Final = re.compile(
    rf"\(developerApplication:urn:li:developerApplication:{APPLICATION},user:(urn:li:person:\w+),"
    rf"entity:(urn:li:organization:\d+),eventType:{EVENT}\)"
)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Handlers."""

    world: World
    accounts: Accounts
    tokens: Tokens

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route(_TEMPLATE, self.read, methods=["GET"]),
            Route(_TEMPLATE, self.put, methods=["PUT"]),
            Route(_TEMPLATE, self.end, methods=["DELETE"]),
        ]

    async def read(self, request: Request) -> Response:
        """One subscription."""
        await check(request, _TEMPLATE)
        member, organization = self._about(request)
        row = self._row(member.id, organization.id)
        if row is None:
            raise not_found()
        return JSONResponse({"webhook": row["webhook"], "expiresAt": int(row["ends"] * 1000)})

    async def put(self, request: Request) -> Response:
        """Subscribe the member's application."""
        body = await check(request, _TEMPLATE)
        member, organization = self._about(request)
        if organization.roles.get(member.id) != ROLES[0]:
            raise denied("eventSubscriptions.UPDATE")
        if self.world.tables.get(PORTAL, body["webhook"]) is None:
            raise LinkedInError(400, "BAD_REQUEST", "The webhook is not validated for the application")
        ends = (self.world.now() + LIFE).timestamp()
        row = {"webhook": body["webhook"], "ends": ends, "live": True}
        self.world.tables.put(SUBSCRIPTIONS, f"{member.id},{organization.id}", row)
        return Response(status_code=204)

    async def end(self, request: Request) -> Response:
        """End a subscription."""
        await check(request, _TEMPLATE)
        member, organization = self._about(request)
        if self._row(member.id, organization.id) is None:
            raise not_found()
        self.world.tables.put(SUBSCRIPTIONS, f"{member.id},{organization.id}", {"live": False})
        return Response(status_code=204)

    async def add_address(self, url: str) -> None:
        """What the developer portal does with an address: ask it with a code. Raises ValueError."""
        code = str(uuid4())
        async with this_machine() as http:
            answer = await http.send("GET", f"{url}?challengeCode={code}")
        expected = hmac.digest(PAGES_APP.client_secret.encode(), code.encode(), "sha256").hex()
        if not answer.ok or answer.json() != {"challengeCode": code, "challengeResponse": expected}:
            raise ValueError("the address does not answer the challenge as it has to")
        self.world.tables.put(PORTAL, url, {"added": True})

    async def comment(self, organization: Account, author: str, words: str) -> list[int]:
        """A reader comments; gives what each address that was told has answered."""
        number, at = self.world.next_micros(), int(self.world.now().timestamp() * 1000)
        post = f"urn:li:share:{number}"
        made = f"urn:li:comment:(urn:li:activity:{number},{number + 1})"
        said = {
            "entity": made,
            "owner": f"urn:li:person:{author}",
            "text": words,
            "object": f"urn:li:activity:{number}",
        }
        rows = [(key.partition(",")[0], row) for key, row in self.world.tables.rows(SUBSCRIPTIONS) if row["live"]]
        told = [(member, row) for member, row in rows if self._row(member, organization.id) == row]
        statuses = []
        for member, row in told:
            notice: dict[str, Any] = {"notificationId": number, "organizationalEntity": organization.id}
            notice |= {"action": "COMMENT", "sourcePost": post, "generatedActivity": made, "subscriber": member}
            notice |= {"decoratedGeneratedActivity": {"comment": said}, "lastModifiedAt": at}
            body = orjson.dumps({"type": EVENT, "notifications": [notice]})
            signature = hmac.digest(PAGES_APP.client_secret.encode(), b"hmacsha256=" + body, "sha256").hex()
            headers = {"content-type": "application/json", "x-li-signature": signature}
            async with this_machine() as http:
                statuses.append((await http.send("POST", row["webhook"], content=body, headers=headers)).status)
        return statuses

    def _about(self, request: Request) -> tuple[Account, Account]:
        caller = self.tokens.caller(request)
        caller.require("rw_organization_admin", what="eventSubscriptions")
        found = _KEY.fullmatch(request.path_params["key"])
        if found is None:
            raise violation(request, "the key names application, user, entity and eventType")
        organization = self.accounts.get(found[2])
        if found[1] != caller.member.id or organization is None:
            raise denied("eventSubscriptions")
        return caller.member, organization

    def _row(self, member: str, organization: str) -> Row | None:
        row = self.world.tables.get(SUBSCRIPTIONS, f"{member},{organization}")
        alive = row is not None and row["live"] and row["ends"] > self.world.now().timestamp()
        return row if alive else None
