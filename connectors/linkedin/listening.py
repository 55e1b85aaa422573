"""Being told what others do with an organization's posts. Members have no webhooks.

A subscription belongs to application, member and organization together, and ends silently with the member's grant or
role. LinkedIn knows applications by a number that only its developer portal shows, so the operator states it; the
address has to be added there too, before LinkedIn takes it.
Source:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-social-action-notifications
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from connectors.contract import Access, Context, Subscribed
from connectors.faults import FaultKind
from connectors.linkedin import rest
from connectors.linkedin.accounts import read_member
from connectors.linkedin.capabilities import APPLICATION, PAGES_APP
from connectors.linkedin.faults import refusal, refused
from connectors.linkedin.webhooks import EVENT
from connectors.notices import instant

AHEAD: Final = timedelta(days=3)
"""A subscription that ends sooner than this is made anew."""
_MISSING: Final = 404


async def listen(cx: Context, access: Access, address: str) -> Subscribed:
    """Subscribe the member's application to the organization."""
    key = _key(cx, (await read_member(cx, access.tokens)).external_id, access.account.external_id)
    there = await rest.call(cx, access, "GET", _path(key))
    if there.status != _MISSING and _holds(cx, rest.body(cx, there), address):
        return Subscribed((key,), anew=False)
    answer = await rest.call(cx, access, "PUT", _path(key), json={"webhook": address})
    if not answer.ok:
        raise refusal(answer, cx.now())
    return Subscribed((key,), anew=True)


async def stop(cx: Context, access: Access, to: Collection[str]) -> None:
    """End these subscriptions."""
    for key in to:
        answer = await rest.call(cx, access, "DELETE", _path(key))
        if not answer.ok and answer.status != _MISSING:
            raise refusal(answer, cx.now())


def _key(cx: Context, member: str, organization: str) -> str:
    app = cx.settings.apps.get(PAGES_APP)
    number = app.extra.get(APPLICATION, "") if app is not None else ""
    if not number.isdecimal():
        message = "The number of the LinkedIn application is not set."
        hint = f"Tell the operator: set `{APPLICATION}` in the `extra` of POSTD_APPS__{PAGES_APP.upper()}."
        raise refused(FaultKind.UNEXPECTED_ANSWER, message, hint)
    urns = {
        "developerApplication": f"urn:li:developerApplication:{number}",
        "user": member,
        "entity": organization,
    }
    return f"({','.join(f'{name}:{rest.encoded(urn)}' for name, urn in urns.items())},eventType:{EVENT})"


def _path(key: str) -> str:
    return f"/rest/eventSubscriptions/{key}"


def _holds(cx: Context, found: Any, address: str) -> bool:
    ends = instant(found.get("expiresAt"), per_second=1000)
    return found.get("webhook") == address and (ends is None or ends > cx.now() + AHEAD)
