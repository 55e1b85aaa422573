"""Login by OAuth: the user agrees on the page of the account's own authorization server.

Any server may be named by anybody, so the order of trust matters: the account's DID document names its server, the
server names its authorization server, and the tokens count only if they are for an account whose own server names the
one that issued them. https://atproto.com/specs/oauth
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from connectors import client_metadata
from connectors.bluesky import xrpc
from connectors.bluesky.account import account_of
from connectors.bluesky.capabilities import CAPABILITIES
from connectors.bluesky.faults import not_possible, refusal, unexpected
from connectors.bluesky.identity import Identity, identify, identify_did
from connectors.bluesky.names import UNKNOWN_HANDLE, cleaned, is_did, is_url, origin
from connectors.capabilities import ConnectBy
from connectors.contract import (
    Access,
    AccountGrant,
    AppCredentials,
    Context,
    FinishAuthorization,
    Grant,
    Redirect,
    Revocation,
    StartAuthorization,
    Tokens,
)
from connectors.dpop import DpopCaller, NonceCache
from connectors.faults import FaultKind
from connectors.oauth import AuthorizationRequest, ClientAuth, OAuthClient, OAuthSpec, new_verifier
from connectors.oauth_faults import callback_code
from connectors.secret import Secret
from connectors.signing_keys import new_key
from connectors.transport import Answer

PUBLIC_LIFE: Final = timedelta(days=14)
"""How long servers keep a grant of a client without a key of its own, whatever is done with it."""
CONFIDENTIAL_LIFE: Final = timedelta(days=90)
"""How long servers keep a refresh token of a client with a key; every renewal starts it anew."""

ISSUER: Final = "issuer"
CLIENT_ID: Final = "client_id"
_VERIFIER: Final = "verifier"
_DID: Final = "did"
_SERVER: Final = "server"
_NONCES: Final = NonceCache(size=256)
"""What authorization servers want in the next proof; they may share an address with a data server, not its nonces."""
_METADATA_BYTES: Final = 100_000
_SCOPES: Final = tuple(scope.name for scope in CAPABILITIES.scopes)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom the user wants to connect: an account, or a server where he chooses one."""

    server: str
    identity: Identity | None


async def start(cx: Context, request: StartAuthorization) -> Redirect:
    """Push the authorization request to the account's server and give the address to send the user to."""
    asked = await _asked(cx, request.fields)
    spec = await _server(cx, await _issuer_of(cx, asked.server), request.app)
    app = request.app or _public_client(cx, request.redirect_uri)
    key, verifier = new_key(), new_verifier()
    address = await OAuthClient(spec, app, cx.http, cx.now, _caller(cx, key)).pushed_url(
        AuthorizationRequest(
            redirect_uri=request.redirect_uri,
            state=request.state,
            scopes=request.scopes or _SCOPES,
            verifier=verifier,
            login_hint=_hint(asked.identity),
        )
    )
    flow = {_VERIFIER: verifier, xrpc.DPOP_KEY: key, ISSUER: Secret(spec.issuer or "")}
    if asked.identity:
        flow[_DID] = Secret(asked.identity.did)
    else:
        flow[_SERVER] = Secret(asked.server)
    return Redirect(address, spec.issuer, flow)


async def finish(cx: Context, request: FinishAuthorization) -> Grant:
    """Turn the callback into tokens, after it is certain that the issuer may speak for the account."""
    code = callback_code(request.params)
    issuer = request.flow[ISSUER].reveal()
    key = request.flow[xrpc.DPOP_KEY]
    spec = await _server(cx, issuer, request.app)
    app = request.app or _public_client(cx, request.redirect_uri)
    client = OAuthClient(spec, app, cx.http, cx.now, _caller(cx, key))
    given = await client.exchange_code(code, request.redirect_uri, verifier=request.flow[_VERIFIER], scopes=_SCOPES)
    identity = await _proved(cx, given.fields.get("sub"), issuer, request.flow)
    if "atproto" not in given.tokens.scopes:
        raise not_possible(
            FaultKind.PERMISSION_MISSING,
            "The server did not grant access to the account.",
            "Start the connection again and agree to everything that is asked for.",
        )
    extra = {xrpc.DPOP_KEY: key, ISSUER: Secret(issuer), CLIENT_ID: Secret(app.client_id)}
    tokens = replace(given.tokens, method=ConnectBy.OAUTH, extra=extra)
    tokens = replace(tokens, refresh_expires_at=_refresh_end(tokens, None, spec, cx.now()))
    return Grant((AccountGrant(await account_of(cx, identity), tokens),))


async def refresh(cx: Context, access: Access) -> Tokens:
    """Fresh tokens. The old refresh token is used up by it, and the old access token dies: never call it twice."""
    client = await _client_of(cx, access)
    given = await client.refresh(access.tokens)
    subject = given.fields.get("sub")
    if isinstance(subject, str):
        xrpc.expect_account(subject, access.account)
    tokens = replace(given.tokens, method=ConnectBy.OAUTH)
    return replace(tokens, refresh_expires_at=_refresh_end(tokens, access.tokens, client.spec, cx.now()))


async def revoke(cx: Context, access: Access) -> Revocation:
    """Tell the authorization server to forget the grant."""
    client = await _client_of(cx, access)
    return await client.revoke(access.tokens)


async def _asked(cx: Context, fields: Mapping[str, Secret]) -> _Asked:
    typed = fields["identifier"].reveal().strip() if "identifier" in fields else ""
    name = cleaned(typed)
    if is_url(name):
        return _Asked(origin(name), None)
    identity = await identify(cx, name)
    return _Asked(identity.pds, identity)


def _hint(identity: Identity | None) -> str | None:
    """What the server's page fills in: the handle, which people recognise, if it is a working one."""
    if identity is None:
        return None
    return identity.did if identity.handle == UNKNOWN_HANDLE else identity.handle


async def _issuer_of(cx: Context, server: str) -> str:
    """The authorization server of a server. One that names none may be one itself (bsky.social is)."""
    answer = await cx.http.send("GET", f"{server}/.well-known/oauth-protected-resource", max_bytes=_METADATA_BYTES)
    if answer.status == 404:
        return server
    named = _metadata(cx, answer).get("authorization_servers")
    if not isinstance(named, list) or not named or not isinstance(named[0], str):
        raise unexpected("The server does not say where it lets users authorize.", answer)
    return _exact_origin(named[0], answer)


async def _server(cx: Context, issuer: str, app: AppCredentials | None) -> OAuthSpec:
    """What an authorization server says about itself; refused where it lacks what the protocol demands."""
    answer = await cx.http.send("GET", f"{issuer}/.well-known/oauth-authorization-server", max_bytes=_METADATA_BYTES)
    said = _metadata(cx, answer)
    if said.get("issuer") != issuer:
        raise unexpected("The authorization server calls itself by another name.", answer)
    return OAuthSpec(
        authorize=_endpoint(said, "authorization_endpoint", answer),
        token=_endpoint(said, "token_endpoint", answer),
        par=_endpoint(said, "pushed_authorization_request_endpoint", answer),
        revoke=said["revocation_endpoint"] if isinstance(said.get("revocation_endpoint"), str) else None,
        issuer=issuer,
        client_auth=ClientAuth.PRIVATE_KEY_JWT if app and app.client_secret else ClientAuth.NONE,
    )


async def _proved(cx: Context, subject: Any, issuer: str, flow: Mapping[str, Secret]) -> Identity:
    """The account that the tokens are for, after its own server has named this issuer."""
    if not isinstance(subject, str) or not is_did(subject):
        raise not_possible(
            FaultKind.UNEXPECTED_ANSWER,
            "The authorization server does not say for which account the tokens are.",
            "Tell the operator: the server does not follow the AT Protocol.",
        )
    wanted, server = flow.get(_DID), flow.get(_SERVER)
    if wanted is not None and subject != wanted.reveal():
        raise not_possible(
            FaultKind.PERMISSION_MISSING,
            "Another account agreed than the one that was asked for.",
            "Log out on the server's page, then start the connection again.",
        )
    identity = await identify_did(cx, subject, server.reveal() if server else None)
    if await _issuer_of(cx, identity.pds) != issuer:
        raise not_possible(
            FaultKind.PERMISSION_MISSING,
            "The authorization server may not speak for this account.",
            "Start the connection again with the account's handle.",
        )
    return identity


async def _client_of(cx: Context, access: Access) -> OAuthClient:
    """Our client as it was when the account was connected: tokens are bound to it."""
    key = xrpc.dpop_key(access)
    issuer, client_id = access.tokens.extra.get(ISSUER), access.tokens.extra.get(CLIENT_ID)
    if issuer is None or client_id is None:
        raise not_possible(
            FaultKind.AUTH_EXPIRED, "It is not known any more who issued the token.", "Reconnect the account."
        )
    spec = await _server(cx, issuer.reveal(), access.app)
    app = access.app or AppCredentials(key=issuer.reveal(), client_id=client_id.reveal())
    return OAuthClient(spec, app, cx.http, cx.now, _caller(cx, key))


def _caller(cx: Context, key: Secret) -> DpopCaller:
    return DpopCaller(key, _NONCES, cx.now)


def _public_client(cx: Context, redirect_uri: str) -> AppCredentials:
    """Our client without a key: the address of its metadata is its id."""
    public_url = cx.settings.public_url
    return AppCredentials(public_url, client_metadata.client_id(public_url, [redirect_uri], _SCOPES))


def _refresh_end(tokens: Tokens, previous: Tokens | None, spec: OAuthSpec, now: datetime) -> datetime | None:
    """When the grant ends unless it is renewed: as the server says, else as servers are known to do it."""
    if tokens.refresh is None or tokens.refresh_expires_at is not None:
        return tokens.refresh_expires_at
    if spec.client_auth is ClientAuth.PRIVATE_KEY_JWT:
        return now + CONFIDENTIAL_LIFE
    return previous.refresh_expires_at if previous else now + PUBLIC_LIFE


def _metadata(cx: Context, answer: Answer) -> dict[str, Any]:
    if not answer.ok:
        raise refusal(answer, cx.now())
    return xrpc.body(answer)


def _endpoint(said: Mapping[str, Any], name: str, answer: Answer) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not is_url(value):
        raise unexpected(f"The authorization server does not state its “{name}”.", answer)
    return value


def _exact_origin(url: str, answer: Answer) -> str:
    """An issuer is an origin and nothing more: no path, no closing slash."""
    if origin(url) != url:
        raise unexpected("The name of the authorization server is not an origin.", answer)
    return url
