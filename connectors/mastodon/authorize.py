"""Connecting an account: registering our application at its server, and the OAuth code flow.

Every server is its own authorization server, so each has its own registration (`AppCredentials.key` is its origin).
Registrations can be lost: servers before 4.3 removed unused ones. `start` therefore asks the server whether it still
knows ours before the user is sent there; a fault with code `invalid_client` says that it has to be made anew.
Sources: https://docs.joinmastodon.org/methods/apps/, https://docs.joinmastodon.org/methods/oauth/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
)
from connectors.faults import FaultKind, FaultRule, PlatformFault
from connectors.mastodon.account import read_account
from connectors.mastodon.capabilities import CAPABILITIES
from connectors.mastodon.faults import refusal, refused, unexpected
from connectors.mastodon.instance import origin_of
from connectors.oauth import AuthorizationRequest, OAuthClient, OAuthSpec, authorization_url, new_verifier
from connectors.oauth_faults import callback_code, oauth_fault
from connectors.secret import Secret

INSTANCE_FIELD: Final = "instance"
UNKNOWN_APP: Final = "invalid_client"
"""The fault code that asks for a new registration."""

_RULES: Final = (
    FaultRule(FaultKind.AUTH_EXPIRED, "The server does not know this application any more.", code=UNKNOWN_APP),
)
_NOT_OFFERED: Final = frozenset({"unsupported_grant_type", "invalid_scope", "invalid_request"})
_SCOPES: Final = tuple(scope.name for scope in CAPABILITIES.scopes)


def spec_of(origin: str) -> OAuthSpec:
    """A server's OAuth. The paths are the same on every version, also where the server publishes no metadata.

    PKCE is used everywhere: servers before 4.3 ignore it. The issuer is left out, because Mastodon does not say in
    its callback who answers (RFC 9207); what keeps servers apart is the origin in the sealed flow.
    """
    return OAuthSpec(
        authorize=f"{origin}/oauth/authorize",
        token=f"{origin}/oauth/token",
        revoke=f"{origin}/oauth/revoke",
        # Without it a server takes whoever is logged in there, which need not be the account that is meant.
        extra={"force_login": "true"},
        rules=_RULES,
    )


def origin_in(fields: Mapping[str, Secret]) -> str:
    """The origin of the server that the user typed. Raises `PlatformFault` (FORBIDDEN_ADDRESS) where it is none."""
    return origin_of(fields[INSTANCE_FIELD].reveal() if INSTANCE_FIELD in fields else "")


async def register(cx: Context, origin: str, redirect_uri: str) -> AppCredentials:
    """Register our application at a server, with every right that the connector uses."""
    answer = await cx.http.send(
        "POST",
        f"{origin}/api/v1/apps",
        form={
            "client_name": cx.settings.client_name,
            "redirect_uris": redirect_uri,
            "scopes": " ".join(_SCOPES),
            "website": cx.settings.public_url,
        },
    )
    if not answer.ok:
        raise refusal(answer, cx.now(), missing="This server does not speak Mastodon's API.")
    body = answer.json()
    client_id, secret = (body.get("client_id"), body.get("client_secret")) if isinstance(body, dict) else (None, None)
    if not isinstance(client_id, str) or not isinstance(secret, str):
        raise unexpected(answer, "The server took the registration and gave no client.")
    return AppCredentials(key=origin, client_id=client_id, client_secret=Secret(secret))


async def start(cx: Context, request: StartAuthorization) -> Redirect:
    """The page of the server where the user agrees. Raises a fault with code `invalid_client` to be registered anew."""
    origin = origin_in(request.fields)
    app = _app(request.app, origin)
    await _prove_registration(cx, origin, app)
    verifier = new_verifier()
    asked = AuthorizationRequest(request.redirect_uri, request.state, request.scopes or _SCOPES, verifier)
    return Redirect(
        url=authorization_url(spec_of(origin), app, asked),
        issuer=None,
        flow={"origin": Secret(origin), "verifier": verifier},
    )


async def finish(cx: Context, request: FinishAuthorization) -> Grant:
    """Exchange the code at the server where the flow began, and read whose token it is."""
    origin = request.flow["origin"].reveal()
    client = _client(cx, origin, request.app)
    answer = await client.exchange_code(
        callback_code(request.params, _RULES),
        request.redirect_uri,
        verifier=request.flow["verifier"],
        scopes=_SCOPES,
    )
    account = await read_account(cx, origin, answer.tokens.access)
    return Grant((AccountGrant(account, answer.tokens),))


async def revoke(cx: Context, access: Access) -> Revocation:
    """Tell the server to forget the token. An application that it does not know has no tokens either."""
    try:
        return await _client(cx, access.account.server, access.app).revoke(access.tokens)
    except PlatformFault as trouble:
        if trouble.fault.code != UNKNOWN_APP:
            raise
        return Revocation()


async def _prove_registration(cx: Context, origin: str, app: AppCredentials) -> None:
    """Raise where the server has forgotten our application: the user would meet an error page without a way back."""
    answer = await cx.http.send(
        "POST",
        f"{origin}/oauth/token",
        form={
            "grant_type": "client_credentials",
            "client_id": app.client_id,
            "client_secret": app.client_secret.reveal() if app.client_secret else "",
            "scope": _SCOPES[0],
        },
    )
    if not answer.ok:
        trouble = oauth_fault(answer, cx.now(), _RULES)
        # A server that does not offer this grant says nothing against the registration.
        if trouble.fault.code not in _NOT_OFFERED:
            raise trouble


def _client(cx: Context, origin: str, app: AppCredentials | None) -> OAuthClient:
    return OAuthClient(spec_of(origin), _app(app, origin), cx.http, cx.now)


def _app(app: AppCredentials | None, origin: str) -> AppCredentials:
    if app is None or app.key != origin:
        message = "Our application is not registered at this server."
        raise refused(FaultKind.AUTH_EXPIRED, message, "Connect again.", code=UNKNOWN_APP)
    return app
