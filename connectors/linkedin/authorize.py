"""Signing in with the operator's application: the code flow, renewal where LinkedIn gives it, the end.

Access lasts 60 days. Only some applications get refresh tokens; they end a year after the sign-in, however often they
are used. A sign-in that asks for other rights than before ends the member's earlier tokens of the same application, so
each application asks for one set always. Source:
https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

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
from connectors.faults import FaultKind, FaultRule
from connectors.linkedin.accounts import read_member, read_pages
from connectors.linkedin.capabilities import CAPABILITIES, MEMBER_APP, WEB
from connectors.linkedin.faults import refused
from connectors.oauth import AuthorizationRequest, OAuthClient, OAuthSpec, authorization_url
from connectors.oauth_faults import callback_code, oauth_fault
from connectors.secret import Secret

_APP: Final = "app"
"""Which of the operator's applications the tokens are of (`Tokens.extra`, and the sealed flow)."""
_UNKNOWN_MEMBER: Final = (
    "It is not known here which other accounts live by the same sign-in. The member can end it on LinkedIn's page of "
    "permitted services."
)
_SCOPES: Final = "scopes"
"""The operator's own list of rights (`AppCredentials.extra`), for applications with other products."""

_K: Final = FaultKind
_DECLINED: Final = "The sign-in was broken off on LinkedIn's page."
_AGREE: Final = "Connect again and agree on LinkedIn's page."
_RULES: Final = (
    FaultRule(_K.PERMISSION_MISSING, _DECLINED, code="user_cancelled_login", hint=_AGREE),
    FaultRule(_K.PERMISSION_MISSING, _DECLINED, code="user_cancelled_authorize", hint=_AGREE),
    FaultRule(
        _K.PERMISSION_MISSING,
        "LinkedIn has not granted one of the rights to this installation's application.",
        code="unauthorized_scope_error",
        hint="Tell the operator: add the product to the application at LinkedIn, or set the list of its scopes.",
    ),
    FaultRule(
        _K.AUTH_EXPIRED,
        "The sign-in took too long, or its answer was used twice.",
        # Without its beginning, which the redactor takes for a token.
        contains="code not found",
        hint="Connect again.",
    ),
    FaultRule(_K.AUTH_EXPIRED, "LinkedIn no longer accepts the refresh token.", contains="refresh token"),
    FaultRule(
        _K.UNEXPECTED_ANSWER,
        "LinkedIn does not take this installation's callback address.",
        contains="does not match",
        hint="Tell the operator: add the callback address to the application at LinkedIn, letter by letter.",
    ),
)


async def start(cx: Context, request: StartAuthorization) -> Redirect:
    """The page of LinkedIn where the member agrees."""
    name = _app_name(request.by)
    app = _app(cx, name)
    asked = AuthorizationRequest(request.redirect_uri, request.state, _scopes(app, request.by))
    return Redirect(url=authorization_url(_spec(cx), app, asked), issuer=None, flow={_APP: Secret(name)})


async def finish(cx: Context, request: FinishAuthorization) -> Grant:
    """Exchange the code, and read the member and the pages that may be posted for."""
    name = request.flow[_APP].reveal()
    by = next(way.by for way in CAPABILITIES.connect if way.app == name)
    client = _client(cx, name)
    answer = await client.exchange_code(
        callback_code(request.params, _RULES), request.redirect_uri, scopes=_scopes(client.app, by)
    )
    tokens = replace(answer.tokens, method=by, extra={_APP: Secret(name)})
    member = await read_member(cx, tokens)
    accounts = [member, *await read_pages(cx, member, tokens)]
    return Grant(tuple(AccountGrant(account, tokens) for account in accounts))


async def refresh(cx: Context, access: Access) -> Tokens:
    """Fresh tokens. Raises AUTH_EXPIRED where LinkedIn gave the application no refresh token: the member signs in."""
    if access.tokens.refresh is None:
        raise refused(
            FaultKind.AUTH_EXPIRED, "LinkedIn gives this application no renewal: the member signs in every 60 days."
        )
    answer = await _client(cx, _name_of(access.tokens)).refresh(access.tokens)
    return replace(answer.tokens, method=access.tokens.method)


async def revoke(cx: Context, access: Access) -> Revocation:
    """Tell LinkedIn to forget the token. One that is dead already is fine.

    A connection from before the member's id was kept is left alone: its token may act for other accounts.
    """
    if access.account.owner_id is None:
        return Revocation(told=False, why=_UNKNOWN_MEMBER)
    app = _app(cx, _name_of(access.tokens))
    form = {"client_id": app.client_id, "client_secret": _secret(app), "token": access.tokens.access.reveal()}
    answer = await cx.http.send("POST", f"{cx.settings.at(WEB)}/oauth/v2/revoke", form=form)
    if not answer.ok and answer.status not in {400, 401}:
        raise oauth_fault(answer, cx.now(), _RULES)
    return Revocation()


def _spec(cx: Context) -> OAuthSpec:
    web = cx.settings.at(WEB)
    return OAuthSpec(
        authorize=f"{web}/oauth/v2/authorization",
        token=f"{web}/oauth/v2/accessToken",
        # LinkedIn has PKCE for native applications only, at other addresses.
        pkce=False,
        rules=_RULES,
    )


def _client(cx: Context, name: str) -> OAuthClient:
    return OAuthClient(_spec(cx), _app(cx, name), cx.http, cx.now)


def _app(cx: Context, name: str) -> AppCredentials:
    app = cx.settings.apps.get(name)
    if app is None:
        variable = f"POSTD_APPS__{name.upper()}__CLIENT_ID"
        raise refused(
            FaultKind.UNEXPECTED_ANSWER,
            "LinkedIn needs an application of this installation, and none is set.",
            f"Tell the operator: make one at LinkedIn, then set {variable} and ..._CLIENT_SECRET.",
        )
    return app


def _app_name(by: ConnectBy) -> str:
    return next((way.app for way in CAPABILITIES.connect if way.by is by and way.app), MEMBER_APP)


def _name_of(tokens: Tokens) -> str:
    return tokens.extra[_APP].reveal() if _APP in tokens.extra else _app_name(tokens.method)


def _scopes(app: AppCredentials, by: ConnectBy) -> tuple[str, ...]:
    own = app.extra.get(_SCOPES, "").replace(",", " ").split()
    return tuple(own) or tuple(scope.name for scope in CAPABILITIES.scopes_by(by))


def _secret(app: AppCredentials) -> str:
    return app.client_secret.reveal() if app.client_secret else ""
