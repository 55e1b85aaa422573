"""Instagram's own sign-in, without a Facebook page: dialog, code, a token for two months that renews itself.

Sources: https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login,
.../instagram-platform/reference/access_token, .../instagram-platform/reference/refresh_access_token
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from connectors.capabilities import ConnectBy
from connectors.contract import (
    Access,
    AccountGrant,
    AppCredentials,
    Context,
    FinishAuthorization,
    Grant,
    Redirect,
    StartAuthorization,
    Tokens,
)
from connectors.faults import FaultKind
from connectors.instagram.capabilities import INSTAGRAM_APP, OWN_SCOPES
from connectors.instagram.rules import INSTAGRAM
from connectors.meta.faults import lacking, refusal, refused
from connectors.meta.graph import Graph, text_in
from connectors.meta.hosts import INSTAGRAM_DIALOG, INSTAGRAM_GRAPH, INSTAGRAM_LOGIN
from connectors.meta.pages import USER_ID, instagram_account
from connectors.oauth import AuthorizationRequest, OAuthSpec, authorization_params
from connectors.oauth_faults import callback_code
from connectors.oauth_tokens import read_tokens
from connectors.secret import Secret
from connectors.transport import Answer

ACCOUNT: Final = "id,user_id,username,name,account_type,profile_picture_url"
_LIFE: Final = timedelta(days=60)
_NAMES: Final = tuple(scope.name for scope in OWN_SCOPES)


def start(cx: Context, request: StartAuthorization) -> Redirect:
    """Instagram's dialog. `force_reauth` lets the person choose another account than the one that is signed in."""
    spec = OAuthSpec(
        authorize=f"{cx.settings.at(INSTAGRAM_DIALOG)}/oauth/authorize",
        token=f"{cx.settings.at(INSTAGRAM_LOGIN)}/oauth/access_token",
        pkce=False,
        scope_separator=",",
        extra={"enable_fb_login": "0", "force_reauth": "true"},
    )
    asked = AuthorizationRequest(request.redirect_uri, request.state, request.scopes or _NAMES)
    return Redirect(f"{spec.authorize}?{urlencode(authorization_params(spec, own_app(cx), asked))}", issuer=None)


async def finish(cx: Context, request: FinishAuthorization) -> Grant:
    """The one account that signed in."""
    app = own_app(cx)
    # Instagram ends the address with `#_`, and some servers hand that on as part of the code.
    code = callback_code(request.params).reveal().removesuffix("#_")
    short, scopes = await _exchange(cx, app, code, request.redirect_uri)
    sent = {"grant_type": "ig_exchange_token", "client_secret": _secret(app), "access_token": short.reveal()}
    said = await _ask(cx, "access_token", sent)
    graph = own_graph(cx, Secret(text_in(said, "access_token", "Instagram gave no token.")))
    me = await graph.get("me", {"fields": ACCOUNT})
    account_id = text_in(me, "user_id", "Instagram did not say which account signed in.")
    person = text_in(me, "id", "Instagram did not say who signed in.")
    tokens = replace(_tokens(cx, said), scopes=scopes, extra={USER_ID: Secret(person)})
    return Grant((AccountGrant(instagram_account(me, account_id, person), tokens),))


async def refresh(cx: Context, access: Access) -> Tokens:
    """The token for another two months. One that has died cannot be renewed."""
    held = access.tokens
    said = await _ask(
        cx, "refresh_access_token", {"grant_type": "ig_refresh_token", "access_token": held.access.reveal()}
    )
    return replace(_tokens(cx, said), scopes=_scopes(said) or held.scopes, extra=held.extra)


def own_graph(cx: Context, token: Secret) -> Graph:
    """Calls by Instagram's own sign-in. Its host is another one, and takes no proof of the application's secret."""
    return Graph(cx, token, INSTAGRAM, INSTAGRAM_GRAPH)


def _tokens(cx: Context, said: Mapping[str, Any]) -> Tokens:
    given = read_tokens(said, cx.now()).tokens
    ends = given.expires_at or cx.now() + _LIFE
    # A token renews itself, and only while it lives: so it is renewed in the middle of its life, and not at its end.
    middle = cx.now() + (ends - cx.now()) / 2
    return Tokens(given.access, given.access, middle, ends, method=ConnectBy.OAUTH)


async def _exchange(cx: Context, app: AppCredentials, code: str, redirect_uri: str) -> tuple[Secret, tuple[str, ...]]:
    """The token for an hour, with the rights that were granted. A multipart form: others are refused."""
    form = {
        "client_id": app.client_id,
        "client_secret": _secret(app),
        "grant_type": "authorization_code",
        "redirect_uri": redirect_uri,
        "code": code,
    }
    address = f"{cx.settings.at(INSTAGRAM_LOGIN)}/oauth/access_token"
    said = _object(cx, await cx.http.send("POST", address, form=form, files=()))
    rows = said.get("data")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else said
    return Secret(text_in(row, "access_token", "Instagram gave no token.")), _scopes(row)


async def _ask(cx: Context, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    return _object(cx, await cx.http.send("GET", f"{cx.settings.at(INSTAGRAM_GRAPH)}/{path}", params=params))


def _object(cx: Context, answer: Answer) -> dict[str, Any]:
    body: Any = answer.json() if answer.body.startswith(b"{") else None
    if not isinstance(body, dict):
        raise lacking(f"Instagram answered {answer.status} in a form that is not documented.", effect=False)
    if answer.ok:
        return body
    if "error_message" in body:  # the login host has a form of its own
        words = str(body["error_message"])[:300]
        raise refused(FaultKind.AUTH_EXPIRED, f"Instagram refuses the sign-in: {words}", "Connect again.")
    fault = refusal(answer, cx.now(), INSTAGRAM).fault
    if fault.kind is FaultKind.INVALID_CONTENT:  # a refusal of the token or of ours, never of a post
        raise refused(FaultKind.AUTH_EXPIRED, "Instagram no longer accepts the account's token.", code=fault.code)
    raise refusal(answer, cx.now(), INSTAGRAM)


def _scopes(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The granted rights; they come as a list or as text."""
    given = row.get("permissions")
    names = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else []
    return tuple(str(name).strip() for name in names if str(name).strip())


def own_app(cx: Context) -> AppCredentials:
    """The operator's Instagram application. Raises `PlatformFault` where none is set."""
    app = cx.settings.apps.get(INSTAGRAM_APP)
    if app is None or app.client_secret is None:
        message = "This installation has no Instagram application."
        hint = "Tell the operator to set POSTD_APPS__INSTAGRAM__CLIENT_ID and ..._SECRET."
        raise refused(FaultKind.AUTH_EXPIRED, message, hint)
    return app


def _secret(app: AppCredentials) -> str:
    return app.client_secret.reveal() if app.client_secret is not None else ""
