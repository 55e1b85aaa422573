"""Login with an app password: sessions of the account's own server.

`com.atproto.server.createSession`, `refreshSession`, `deleteSession`. A server allows few logins a day (300 for an
account), so the session is kept and renewed, and the password itself is used once and not stored.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from connectors.bluesky import xrpc
from connectors.bluesky.account import account_of
from connectors.bluesky.faults import not_possible
from connectors.bluesky.identity import Identity, identify, identify_did
from connectors.bluesky.names import cleaned, is_email, is_url, origin
from connectors.capabilities import ConnectBy
from connectors.contract import Access, AccountGrant, Context, Grant, Tokens
from connectors.faults import FaultKind, PlatformFault
from connectors.secret import Secret
from connectors.transport import Answer

ACCESS_LIFE = timedelta(minutes=120)
REFRESH_LIFE = timedelta(days=90)
"""What servers use; taken where a token does not say itself when it ends."""


async def log_in(cx: Context, fields: Mapping[str, Secret]) -> Grant:
    """Open a session for what the user typed: `identifier`, `password` and, if given, `service`.

    Raises a fault where the account is not found, the password is refused, or the server speaks for another account.
    """
    identifier = _typed(fields, "identifier")
    password = fields.get("password", Secret(""))
    if not identifier or not password:
        raise not_possible(
            FaultKind.AUTH_EXPIRED,
            "Handle and app password are both needed.",
            "Fill in both. App passwords are made in Bluesky under Settings, Privacy and security.",
        )
    service = origin(_typed(fields, "service")) if _typed(fields, "service") else None
    identity = await _claimed(cx, identifier, service)
    server = service or (identity.pds if identity else "")
    answer = await xrpc.call(
        cx,
        server,
        "com.atproto.server.createSession",
        json={"identifier": cleaned(identifier), "password": password.reveal()},
    )
    check_active(xrpc.body(answer))
    did = xrpc.text(answer, "did")
    tokens = _tokens(answer, cx.now())
    if identity is None:
        identity = await identify_did(cx, did, service)
    if did != identity.did:
        raise not_possible(
            FaultKind.AUTH_EXPIRED,
            "The server opened a session for another account.",
            "Check the handle and the server.",
        )
    await _prove(cx, identity, server, tokens.access)
    return Grant((AccountGrant(await account_of(cx, identity), tokens),))


async def refresh(cx: Context, access: Access) -> Tokens:
    """A new pair of tokens. The old refresh token stays good for two hours, so a lost answer does no harm."""
    answer = await xrpc.call(
        cx, access.account.server, "com.atproto.server.refreshSession", token=_refresh_token(access)
    )
    check_active(xrpc.body(answer))
    xrpc.expect_account(xrpc.text(answer, "did"), access.account)
    return _tokens(answer, cx.now())


async def end(cx: Context, access: Access) -> None:
    """Close the session. One that is closed already, or has run out, is fine."""
    try:
        await xrpc.call(cx, access.account.server, "com.atproto.server.deleteSession", token=_refresh_token(access))
    except PlatformFault as refused:
        if refused.fault.kind is not FaultKind.AUTH_EXPIRED:
            raise


async def _claimed(cx: Context, identifier: str, service: str | None) -> Identity | None:
    """Who the user says he is; None for an e-mail address, which only the named server can look up."""
    if is_email(cleaned(identifier)):
        if service is None:
            raise not_possible(
                FaultKind.NOT_FOUND,
                "An e-mail address does not say on which server the account is.",
                "Give the handle (e.g. alice.bsky.social), or fill in the server too.",
            )
        return None
    if is_url(identifier):
        raise not_possible(
            FaultKind.NOT_FOUND,
            "This is the address of a server, not the name of an account.",
            "Give the handle here, and the address in the field for the server.",
        )
    return await identify(cx, identifier, service)


async def _prove(cx: Context, identity: Identity, server: str, token: Secret) -> None:
    """Make certain that the server which opened the session may speak for the account.

    It may if the DID's own document names it. A front door that serves many servers (bsky.social) is not named
    there; then the session has to work on the server that is.
    """
    if identity.pds == server:
        return
    answer = await xrpc.call(cx, identity.pds, "com.atproto.server.getSession", method="GET", token=token)
    if xrpc.text(answer, "did") != identity.did:
        raise not_possible(
            FaultKind.AUTH_EXPIRED,
            "The account's own server does not accept the session.",
            "Leave the field for the server empty, or check it.",
        )


def _tokens(answer: Answer, now: datetime) -> Tokens:
    access, refresh = xrpc.text(answer, "accessJwt"), xrpc.text(answer, "refreshJwt")
    return Tokens(
        access=Secret(access),
        refresh=Secret(refresh),
        expires_at=_expiry(access) or now + ACCESS_LIFE,
        refresh_expires_at=_expiry(refresh) or now + REFRESH_LIFE,
        scopes=("atproto", "transition:generic"),
        method=ConnectBy.APP_PASSWORD,
    )


def _expiry(token: str) -> datetime | None:
    """When a JWT says that it ends. It is only read to plan the renewal, so nothing has to be proved about it."""
    pieces = token.split(".")
    if len(pieces) != 3:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def check_active(session: Mapping[str, Any]) -> None:
    """Refuse an account that its server keeps but does not serve: `ACCOUNT_GONE`, with the server's reason."""
    if session.get("active") is False:
        status = session.get("status")
        raise not_possible(
            FaultKind.ACCOUNT_GONE,
            f"The account is not active on its server ({status})." if status else "The account is not active.",
            "Activate the account on Bluesky, then connect it again.",
        )


def _typed(fields: Mapping[str, Secret], name: str) -> str:
    value = fields.get(name)
    return value.reveal().strip() if value else ""


def _refresh_token(access: Access) -> Secret:
    if access.tokens.refresh is None:
        raise not_possible(FaultKind.AUTH_EXPIRED, "The session cannot be renewed.", "Reconnect the account.")
    return access.tokens.refresh
