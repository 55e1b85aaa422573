"""Calls of the AT Protocol: `/xrpc/<name>` on a server, with a session's token, a DPoP token, or none.

https://atproto.com/specs/xrpc. An answer other than success becomes a fault here (`faults`); an expired token is a
fault like any other, and renewing it is the application's decision.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from connectors.bluesky.faults import not_possible, refusal, unexpected
from connectors.capabilities import ConnectBy
from connectors.contract import Access, Account, Context
from connectors.dpop import DpopCaller, NonceCache
from connectors.faults import FaultKind
from connectors.secret import Secret
from connectors.transport import Answer

DPOP_KEY: Final = "dpop_key"
"""In `Tokens.extra`: the key that the tokens are bound to."""

NONCES: Final = NonceCache(size=1024)
"""What data servers want in the next proof. A memory aid: where it is lost, a call is refused once and repeated."""

_SLOWEST_UPLOAD: Final = 250_000
"""Bytes a second that an upload is given time for."""

Params = Mapping[str, str | Sequence[str]]


async def read(cx: Context, server: str, nsid: str, params: Params) -> Answer:
    """Ask a server something public, without a token."""
    return await call(cx, server, nsid, method="GET", params=params)


async def call(
    cx: Context,
    server: str,
    nsid: str,
    *,
    method: str = "POST",
    params: Params | None = None,
    json: Any = None,
    token: Secret | None = None,
) -> Answer:
    """Call a server outside of a connected account: to log in, to renew, to look up. Only success comes back."""
    answer = await cx.http.send(method, f"{server}/xrpc/{nsid}", params=params, json=json, token=token)
    return _successful(answer, cx)


async def query(cx: Context, access: Access, nsid: str, params: Params | None = None) -> Answer:
    """Ask on behalf of an account. Only success comes back."""
    return await send(cx, access, "GET", nsid, params=params)


async def procedure(cx: Context, access: Access, nsid: str, json: Mapping[str, Any], *, effect: bool = False) -> Answer:
    """Change something on behalf of an account. Only success comes back."""
    return await send(cx, access, "POST", nsid, json=json, effect=effect)


async def send(
    cx: Context,
    access: Access,
    method: str,
    nsid: str,
    *,
    params: Params | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    content: Callable[[], AsyncIterator[bytes]] | None = None,
    content_length: int | None = None,
    effect: bool = False,
    timeout: float | None = None,
) -> Answer:
    """One call with the account's token in the way that its grant asks for. Only success comes back.

    `content` is a function that opens the body anew, because a proof may have to be made twice.
    """
    url = f"{access.account.server}/xrpc/{nsid}"
    if access.tokens.method is ConnectBy.OAUTH:
        answer = await DpopCaller(dpop_key(access), NONCES, cx.now).send(
            cx.http,
            method,
            url,
            access=access.tokens.access,
            headers=headers,
            content=content,
            params=params,
            json=json,
            content_length=content_length,
            effect=effect,
            timeout=timeout,
        )
    else:
        answer = await cx.http.send(
            method,
            url,
            headers=headers,
            params=params,
            json=json,
            content=content() if content else None,
            content_length=content_length,
            token=access.tokens.access,
            effect=effect,
            timeout=timeout,
        )
    return _successful(answer, cx)


async def warm_up(cx: Context, access: Access) -> None:
    """Have the server's nonce at hand before the irreversible request, so that this one is not refused at first.

    Costs one question where the nonce is not known, which also proves the token; else nothing.
    """
    if access.tokens.method is ConnectBy.OAUTH and NONCES.get(access.account.server) is None:
        await query(cx, access, "com.atproto.server.getSession")


def dpop_key(access: Access) -> Secret:
    """The key that an account's tokens are bound to. Raises a fault where it is missing."""
    key = access.tokens.extra.get(DPOP_KEY)
    if key is None:
        raise not_possible(
            FaultKind.AUTH_EXPIRED, "The key that belongs to the account's token is missing.", "Reconnect the account."
        )
    return key


def body(answer: Answer) -> dict[str, Any]:
    """The JSON object of a successful answer. Raises `UNEXPECTED_ANSWER`, with the answer's effect, otherwise."""
    found = answer.json()
    if not isinstance(found, dict):
        raise unexpected("The server's answer is not a JSON object.", answer)
    return found


def text(answer: Answer, name: str) -> str:
    """A text that has to be in the answer. Raises `UNEXPECTED_ANSWER`, with the answer's effect, where it is not."""
    value = body(answer).get(name)
    if not isinstance(value, str) or not value:
        raise unexpected(f"The server's answer lacks “{name}”.", answer)
    return value


def expect_account(did: str, account: Account) -> None:
    """Refuse an answer about another account than the connected one."""
    if did != account.external_id:
        raise not_possible(
            FaultKind.AUTH_EXPIRED, "The server's answer is about another account.", "Reconnect the account."
        )


def upload_seconds(size: int) -> float:
    """How long an upload of that many bytes may take."""
    return 30.0 + size / _SLOWEST_UPLOAD


def _successful(answer: Answer, cx: Context) -> Answer:
    if not answer.ok:
        raise refusal(answer, cx.now())
    return answer
