"""The pages of the person who signed in, and the Instagram accounts behind them, as accounts to choose from.

A page that is reached only through a business portfolio is not among the person's own: the portfolios are asked too.
Sources: https://developers.facebook.com/docs/graph-api/reference/user/accounts/,
https://developers.facebook.com/docs/graph-api/reference/user/businesses/,
https://developers.facebook.com/docs/graph-api/reference/business/owned_pages/
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.capabilities import ConnectBy
from connectors.contract import Account, AccountGrant, Tokens
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.graph import Graph
from connectors.meta.hosts import DIALOG, INSTAGRAM_DIALOG
from connectors.secret import Secret

FACEBOOK: Final = "facebook"
INSTAGRAM: Final = "instagram"
USER_ID: Final = "user_id"
"""Name in `Tokens.extra`: the application-scoped id of the person, by which Meta says that access has ended."""
PAGE_ID: Final = "page_id"
"""Name in `Tokens.extra`: the page whose token acts for an Instagram account."""

_FIELDS: Final = (
    "id,name,username,access_token,picture{url},instagram_business_account{id,username,name,profile_picture_url}"
)
_BUSINESS_RIGHT: Final = "business_management"
_BUSINESS_EDGES: Final = ("owned_pages", "client_pages")
_CLOSED: Final = frozenset({FaultKind.PERMISSION_MISSING, FaultKind.ACCOUNT_GONE})
"""A portfolio that shows the application nothing, or is not there any more."""
_TASKS: Final = frozenset({"CREATE_CONTENT", "MANAGE"})
"""Either lets publish; MANAGE implies CREATE_CONTENT."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, and what they granted."""

    id: str
    token: Secret
    """The long-lived token, from which the pages' tokens are derived again."""
    scopes: tuple[str, ...]


async def grants(graph: Graph, person: Person) -> list[AccountGrant]:
    """Every page that the person may publish on, each with its own token, followed by its Instagram account."""
    found: list[AccountGrant] = []
    seen: set[str] = set()
    async for rows in graph.pages("me/accounts", {"fields": f"{_FIELDS},tasks", "limit": "100"}):
        for row in rows:
            seen.add(str(row.get("id")))
            tasks = row.get("tasks")
            if isinstance(tasks, Sequence) and _TASKS & set(tasks):
                found.extend(_granted(row, person))
    if _BUSINESS_RIGHT in person.scopes:
        async for page in _of_businesses(graph):
            # It does not tell the person's tasks there; it has a token only where the person has a role on it.
            if str(page.get("id")) not in seen:
                seen.add(str(page.get("id")))
                found.extend(_granted(page, person))
    return found


async def _of_businesses(graph: Graph) -> AsyncIterator[Mapping[str, Any]]:
    """The pages that the person's portfolios own or work for; a portfolio that shows none does not stop the sign-in."""
    try:
        listed = graph.pages("me/businesses", {"fields": "id", "limit": "100"})
        businesses = [str(row["id"]) async for rows in listed for row in rows if "id" in row]
    except PlatformFault as trouble:
        if trouble.fault.kind not in _CLOSED:
            raise
        return
    for business in businesses:
        for edge in _BUSINESS_EDGES:
            try:
                async for rows in graph.pages(f"{business}/{edge}", {"fields": _FIELDS, "limit": "100"}):
                    for row in rows:
                        yield row
            except PlatformFault as trouble:
                if trouble.fault.kind not in _CLOSED:
                    raise


def page_account(row: Mapping[str, Any], owner: str | None = None) -> Account:
    """A page as an account; its id never changes, its names do."""
    page_id, name = str(row["id"]), str(row.get("name") or row["id"])
    picture = row.get("picture")
    data = picture.get("data") if isinstance(picture, Mapping) else None
    return Account(
        external_id=page_id,
        handle=str(row.get("username") or name),
        name=name,
        server=DIALOG,
        kind="page",
        url=f"{DIALOG}/{page_id}",
        avatar_url=_text(data.get("url")) if isinstance(data, Mapping) else None,
        owner_id=owner,
    )


def instagram_account(row: Mapping[str, Any], account_id: str, owner: str | None = None) -> Account:
    """A professional account; `account_id` is the id that is the same by either login."""
    username = str(row.get("username") or account_id)
    kind = str(row.get("account_type") or "professional").lower()
    return Account(
        external_id=account_id,
        handle=username,
        name=str(row.get("name") or username),
        server=INSTAGRAM_DIALOG,
        kind=kind,
        url=f"{INSTAGRAM_DIALOG}/{username}/",
        avatar_url=_text(row.get("profile_picture_url")),
        owner_id=owner,
    )


def _granted(row: Mapping[str, Any], person: Person) -> Iterator[AccountGrant]:
    token = row.get("access_token")
    if "id" not in row or not isinstance(token, str):
        return
    page_id = str(row["id"])
    yield AccountGrant(page_account(row, person.id), _tokens(token, person, ConnectBy.OAUTH, page_id), FACEBOOK)
    behind = row.get("instagram_business_account")
    if isinstance(behind, Mapping) and "id" in behind:
        account = instagram_account(behind, str(behind["id"]), person.id)
        yield AccountGrant(account, _tokens(token, person, ConnectBy.PAGE, page_id), INSTAGRAM)


def _tokens(token: str, person: Person, by: ConnectBy, page_id: str) -> Tokens:
    # A page's token has no end of its own. The person's one has, but only a page's token that died early needs it:
    # so it stands as the refresh token, without an end that would make the connection look as if it expired.
    return Tokens(
        access=Secret(token),
        refresh=person.token,
        scopes=person.scopes,
        method=by,
        extra={USER_ID: Secret(person.id), PAGE_ID: Secret(page_id)},
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
