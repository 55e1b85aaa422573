"""Whose access it is: the member, and the pages (organizations) that the member may post for.

Only pages with a role that may post are offered. The role is read again at every check, because LinkedIn says nothing
when a member loses it. Source:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-access-control-by-role
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.contract import Access, Account, Context, Tokens
from connectors.faults import FaultKind, PlatformFault
from connectors.linkedin import rest
from connectors.linkedin.capabilities import API, PAGE_KIND, WEB
from connectors.linkedin.faults import refusal, refused

PERSON: Final = "urn:li:person:"
ORGANIZATION: Final = "urn:li:organization:"

POSTING_ROLES: Final = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN"})
_PAGE: Final = 100
_MOST_PAGES: Final = 5
_READS_PAGES: Final = frozenset({"r_organization_social", "r_organization_social_feed"})
_READS_MEMBERS: Final = frozenset({"r_member_social", "r_member_social_feed"})
_LISTS_PAGES: Final = frozenset({"rw_organization_admin", "r_organization_admin"})


def is_page(account: Account) -> bool:
    """Whether the account is an organization's page and not a member."""
    return account.external_id.startswith(ORGANIZATION)


def may_read(access: Access) -> bool:
    """Whether the connection may read back what the account has posted."""
    return bool((_READS_PAGES if is_page(access.account) else _READS_MEMBERS) & set(access.tokens.scopes))


async def read_member(cx: Context, tokens: Tokens) -> Account:
    """The member behind a token: by OpenID Connect, or by the basic profile where the application has no OpenID.

    Sources: https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2,
    https://learn.microsoft.com/en-us/linkedin/shared/integrations/people/profile-api
    """
    path = "/v2/userinfo" if "openid" in tokens.scopes else "/v2/me"
    answer = await cx.http.send("GET", f"{cx.settings.at(API)}{path}", token=tokens.access)
    found = rest.body(cx, answer)
    key = found.get("sub") or found.get("id")
    if not isinstance(key, str):
        raise refused(FaultKind.UNEXPECTED_ANSWER, "LinkedIn did not say which member this is.")
    parts = (found.get("localizedFirstName"), found.get("localizedLastName"))
    name = str(found.get("name") or " ".join(str(part) for part in parts if part) or key)
    picture, vanity = found.get("picture"), found.get("vanityName")
    return Account(
        external_id=f"{PERSON}{key}",
        handle=str(vanity or name),
        name=name,
        server=WEB,
        url=f"{cx.settings.at(WEB)}/in/{rest.encoded(vanity)}/" if isinstance(vanity, str) else None,
        avatar_url=picture if isinstance(picture, str) else None,
        owner_id=f"{PERSON}{key}",
    )


async def read_pages(cx: Context, member: Account, tokens: Tokens) -> Sequence[Account]:
    """The pages that the member may post for; none where the token has no right to list them."""
    if not _LISTS_PAGES & set(tokens.scopes):
        return ()
    access = Access(member, tokens)
    return [await _offered(cx, access, urn) for urn in await _posting(cx, access)]


async def read_again(cx: Context, access: Access) -> Account:
    """The account as it is now. Raises PERMISSION_MISSING where the member may not post for the page any more."""
    if not is_page(access.account):
        found = await read_member(cx, access.tokens)
        if found.external_id != access.account.external_id:
            raise refused(FaultKind.AUTH_EXPIRED, "The access belongs to another member.", "Connect again.")
        return found
    if access.account.external_id not in await _posting(cx, access):
        raise refused(
            FaultKind.PERMISSION_MISSING,
            "The member has no role on the page any more that may post.",
            "Have the role given back on LinkedIn, or connect the page with another member.",
        )
    return await _page(cx, access, access.account.external_id)


async def _posting(cx: Context, access: Access) -> list[str]:
    """The URNs of the pages where the member has a role that posts, each once."""
    found: dict[str, None] = {}
    for number in range(_MOST_PAGES):
        path = f"/rest/organizationAcls?q=roleAssignee&state=APPROVED&start={number * _PAGE}&count={_PAGE}"
        roles = rest.elements(await rest.read(cx, access, path))
        found.update((urn, None) for role in roles if (urn := _posts_for(role)))
        if len(roles) < _PAGE:
            break
    return list(found)


def _posts_for(role: Mapping[str, Any]) -> str | None:
    # Older versions name the same thing otherwise.
    urn = role.get("organization") or role.get("organizationTarget")
    fits = role.get("role") in POSTING_ROLES and role.get("state") == "APPROVED"
    return urn if fits and isinstance(urn, str) and urn.startswith(ORGANIZATION) else None


async def _offered(cx: Context, access: Access, urn: str) -> Account:
    """The page as it is offered: one whose name cannot be read now must not hide the others, and has its number."""
    try:
        return await _page(cx, access, urn)
    except PlatformFault as trouble:
        if trouble.fault.kind is FaultKind.AUTH_EXPIRED:
            raise
        return _account(cx, access, urn, {})


async def _page(cx: Context, access: Access, urn: str) -> Account:
    key = urn.removeprefix(ORGANIZATION)
    answer = await rest.call(cx, access, "GET", f"/rest/organizations/{rest.encoded(key)}")
    if answer.status == 404:
        gone = refusal(answer, cx.now()).fault
        raise PlatformFault(refused(FaultKind.ACCOUNT_GONE, "The page is not there any more.", code=gone.code).fault)
    return _account(cx, access, urn, rest.body(cx, answer))


def _account(cx: Context, access: Access, urn: str, found: Mapping[str, Any]) -> Account:
    vanity = str(found.get("vanityName") or urn.removeprefix(ORGANIZATION))
    return Account(
        external_id=urn,
        handle=vanity,
        name=str(found.get("localizedName") or vanity),
        server=WEB,
        kind=PAGE_KIND,
        url=f"{cx.settings.at(WEB)}/company/{rest.encoded(vanity)}/",
        owner_id=access.account.owner_id,
    )
