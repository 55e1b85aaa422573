"""The account behind a token: who it is and what its server allows."""

from __future__ import annotations

from typing import Any

from connectors.contract import Access, Account, Context, Metrics
from connectors.mastodon.faults import refusal, unexpected
from connectors.mastodon.instance import read_limits
from connectors.mastodon.metric_table import GIVEN
from connectors.metric_names import counted
from connectors.secret import Secret

_PATH = "/api/v1/accounts/"


async def read_account(cx: Context, origin: str, token: Secret) -> Account:
    """The account that the token acts for, with the limits of its server.

    Raises `PlatformFault`: AUTH_EXPIRED where the token is dead, ACCOUNT_GONE where the account is disabled.
    Source: https://docs.joinmastodon.org/methods/accounts/#verify_credentials
    """
    body = await _own(cx, origin, token)
    host = origin.partition("://")[2]
    avatar, page = body.get("avatar"), body.get("url")
    return Account(
        # The address of the account in the server's API: names and pages change, this number does not, and
        # every server version gives it.
        external_id=f"{origin}{_PATH}{body['id']}",
        handle=f"@{body['username']}@{host}",
        name=str(body.get("display_name") or body["username"]),
        server=origin,
        kind="bot" if body.get("bot") is True else "profile",
        url=page if isinstance(page, str) else None,
        avatar_url=avatar if isinstance(avatar, str) else None,
        limits=await read_limits(cx, origin),
    )


async def account_metrics(cx: Context, access: Access) -> Metrics:
    """The figures of the account; the server leaves the number of followers out where the user hides it."""
    body = await _own(cx, access.account.server, access.tokens.access)
    return Metrics(access.account.external_id, counted(body, GIVEN.account), cx.now())


async def _own(cx: Context, origin: str, token: Secret) -> dict[str, Any]:
    answer = await cx.http.send("GET", f"{origin}{_PATH}verify_credentials", token=token)
    if not answer.ok:
        raise refusal(answer, cx.now(), missing="This server does not speak Mastodon's API.")
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not isinstance(body.get("username"), str):
        raise unexpected(answer, "The server did not say which account this is.")
    return body


def id_of(account: Account) -> str:
    """The account's id on its server."""
    return account.external_id.rpartition("/")[2]
