"""One sign-in with Meta: from the dialog to the tokens of every page and of the Instagram accounts behind them.

code -> short token -> long-lived token -> pages' tokens. A page's token that was derived from a long-lived one has no
end; it dies with the person's password, role or consent.
Sources: https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow,
.../facebook-login/guides/access-tokens/get-long-lived
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from connectors.contract import (
    Access,
    Context,
    FinishAuthorization,
    Grant,
    Redirect,
    Revocation,
    StartAuthorization,
    Tokens,
)
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.faults import lacking, refusal, refused
from connectors.meta.graph import Graph, meta_app, text_in
from connectors.meta.hosts import DIALOG, GRAPH, VERSION
from connectors.meta.pages import PAGE_ID, Person, grants
from connectors.meta.scopes import FACEBOOK_LOGIN
from connectors.oauth import AuthorizationRequest, OAuthSpec, authorization_params
from connectors.oauth_faults import callback_code
from connectors.secret import Secret

CONFIG: Final = "config_id"
"""Name in the application's `extra`: the configuration of Facebook Login for Business, in place of scopes."""
_TICK: Final = "Connect again, tick the pages in Facebook's dialog, and take a page on which you may create content."
_NAMES: Final = tuple(scope.name for scope in FACEBOOK_LOGIN)


def start(cx: Context, request: StartAuthorization) -> Redirect:
    """Facebook's dialog. `auth_type=rerequest` asks again for what the person has declined before."""
    app = meta_app(cx)
    spec = OAuthSpec(
        authorize=f"{cx.settings.at(DIALOG)}/{VERSION.name}/dialog/oauth",
        token=_token_address(cx),
        pkce=False,
        scope_separator=",",
        extra={"auth_type": "rerequest"},
    )
    asked = AuthorizationRequest(request.redirect_uri, request.state, request.scopes or _NAMES)
    params = authorization_params(spec, app, asked)
    if app.extra.get(CONFIG):
        del params["scope"]  # the configuration says which rights are asked for
        params[CONFIG] = app.extra[CONFIG]
    return Redirect(f"{spec.authorize}?{urlencode(params)}", issuer=None)


async def finish(cx: Context, request: FinishAuthorization, home: str) -> Grant:
    """Every page and Instagram account that was shared.

    Raises `PlatformFault` (PERMISSION_MISSING) where none is of the platform `home`, at which the way began.
    """
    short = await _token(cx, {"redirect_uri": request.redirect_uri, "code": callback_code(request.params).reveal()})
    long = await _token(cx, {"grant_type": "fb_exchange_token", "fb_exchange_token": short.reveal()})
    graph = Graph(cx, long, app=meta_app(cx))
    me = text_in(await graph.get("me", {"fields": "id"}), "id", "Facebook did not say who signed in.")
    scopes = await granted_scopes(graph)
    if "pages_show_list" not in scopes:
        raise refused(FaultKind.PERMISSION_MISSING, "You did not allow the list of your pages to be seen.", _TICK)
    found = await grants(graph, Person(me, long, scopes))
    if not found:
        raise refused(FaultKind.PERMISSION_MISSING, "Facebook shared no page on which you may create content.", _TICK)
    if not any(one.platform == home for one in found):
        message = "None of the pages that were shared has an Instagram professional account."
        hint = "Link the account to the page in Instagram's settings, or sign in with Instagram itself."
        raise refused(FaultKind.PERMISSION_MISSING, message, hint)
    return Grant(tuple(found))


async def granted_scopes(graph: Graph) -> tuple[str, ...]:
    """The rights that the person has granted, without those that were declined or have expired."""
    granted: list[str] = []
    async for rows in graph.pages("me/permissions", {"limit": "100"}):
        granted += [str(row.get("permission")) for row in rows if row.get("status") == "granted"]
    return tuple(granted)


async def derive(cx: Context, access: Access) -> Tokens:
    """The page's token anew, from the person's long-lived one, with the rights as they are now.

    Raises `PlatformFault` (AUTH_EXPIRED) where that one is dead as well: nobody but the person can mend it.
    """
    held = access.tokens
    if held.refresh is None or PAGE_ID not in held.extra:
        raise refused(FaultKind.AUTH_EXPIRED, "Facebook's sign-in cannot be renewed without the person.")
    graph = Graph(cx, held.refresh, app=meta_app(cx))
    page = held.extra[PAGE_ID].reveal()
    body = await graph.get(page, {"fields": "access_token"})
    if "access_token" not in body:
        raise refused(
            FaultKind.AUTH_EXPIRED, "The person has no role on the page any more.", "Ask for a role, then reconnect."
        )
    token = Secret(text_in(body, "access_token", "Facebook gave no token for the page."))
    return replace(held, access=token, scopes=await granted_scopes(graph))


async def end_consent(cx: Context, access: Access) -> Revocation:
    """Take back everything that the person has granted the application, which ends the tokens of all their pages.

    A consent that has ended already is fine. Source: https://developers.facebook.com/docs/graph-api/reference/user/permissions/
    """
    if access.tokens.refresh is None:
        why = "The person's own token is not kept here. They can remove the application in Facebook's settings."
        return Revocation(told=False, why=why)
    try:
        await Graph(cx, access.tokens.refresh, app=meta_app(cx)).delete("me/permissions")
    except PlatformFault as trouble:
        if trouble.fault.kind is not FaultKind.AUTH_EXPIRED:
            raise
    return Revocation()


async def _token(cx: Context, params: Mapping[str, str]) -> Secret:
    app = meta_app(cx)
    secret = app.client_secret.reveal() if app.client_secret else ""
    sent = {"client_id": app.client_id, "client_secret": secret, **params}
    answer = await cx.http.send("GET", _token_address(cx), params=sent)
    if not answer.ok:
        fault = refusal(answer, cx.now()).fault
        if fault.kind is FaultKind.INVALID_CONTENT:  # a refusal of ours or of the code, never of a post
            fault = replace(
                fault, kind=FaultKind.UNEXPECTED_ANSWER, message="Facebook refuses the sign-in.", hint="Connect again."
            )
        raise refused(fault.kind, f"{fault.message} {fault.words or ''}".strip(), fault.hint, code=fault.code)
    said = answer.json()
    if not isinstance(said, dict):
        raise lacking("Facebook gave no token.", effect=False)
    return Secret(text_in(said, "access_token", "Facebook gave no token."))


def _token_address(cx: Context) -> str:
    return f"{cx.settings.at(GRAPH)}/{VERSION.name}/oauth/access_token"
