"""The two dialogs in which people agree: Facebook's, with pages to tick and rights to decline, and Instagram's own.

Sources: developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow, .../guides/permissions (declined
permissions are asked for again with `auth_type=rerequest` only), .../instagram-api-with-instagram-login/business-login.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.consent import Choice, Consent, Ticks, consent_page, read_decision, refused_page
from connectors.sandbox.meta.accounts import may
from connectors.sandbox.meta.calls import Meta
from connectors.sandbox.meta.contract import check_form
from connectors.sandbox.meta.errors import GraphError
from connectors.sandbox.meta.hosts import (
    DIALOG,
    FACEBOOK,
    INSTAGRAM,
    INSTAGRAM_APP,
    INSTAGRAM_DIALOG,
    META_APP,
    App,
)
from connectors.sandbox.meta.login import Login
from connectors.sandbox.tables import Row

_ASKED: Final = ("client_id", "redirect_uri", "state", "response_type", "scope", "config_id", "auth_type")
PAGE_BOX: Final = "page:"
SCOPE_BOX: Final = "scope:"
ALL_SCOPES: Final = (
    "pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement",
    "pages_read_user_content", "pages_manage_metadata", "read_insights", "business_management", "instagram_basic",
    "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights", "instagram_manage_contents",
)  # fmt: skip
"""What a configuration (`config_id`) asks for."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """Handlers of both."""

    meta: Meta
    login: Login

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        facebook, own = f"/{DIALOG}/{{version}}/dialog/oauth", f"/{INSTAGRAM_DIALOG}/oauth/authorize"
        return [
            Route(facebook, self.ask_facebook, methods=["GET"]),
            Route(facebook, self.decide_facebook, methods=["POST"]),
            Route(own, self.ask_instagram, methods=["GET"]),
            Route(own, self.decide_instagram, methods=["POST"]),
        ]

    async def ask_facebook(self, request: Request) -> Response:
        """Who, which pages, which rights."""
        asked = _asked(request.query_params)
        if (problem := self._problem(request, asked, META_APP, FACEBOOK)) is not None:
            return problem
        pages = [row for row in self.meta.accounts.all() if row["kind"] == FACEBOOK]
        boxes = [(PAGE_BOX + row["id"], f"{row['name']} ({self._managers(row)})") for row in pages]
        rights = [(SCOPE_BOX + name, name) for name in _scopes(asked)]
        people = [Choice(row["id"], row["handle"], row["name"]) for row in self.meta.accounts.people()]
        ticks = [Ticks("Pages", boxes), Ticks("Rights", rights)]
        return consent_page(request, Consent("Facebook", "This application", (), people, None, asked, ticks))

    async def decide_facebook(self, request: Request) -> Response:
        """The person's answer, passed on."""
        decision = await read_decision(request)
        if decision is None:
            return refused_page("The form has expired or did not come from this page.")
        ticked = {name.removeprefix(PAGE_BOX) for name in decision.fields if name.startswith(PAGE_BOX)}
        granted = {name.removeprefix(SCOPE_BOX) for name in decision.fields if name.startswith(SCOPE_BOX)}
        location = self.settle_facebook(decision.fields, decision.account, ticked, granted, allow=decision.allow)
        return RedirectResponse(location, 302) if location else refused_page("The request is not valid.")

    def settle_facebook(
        self, fields: Mapping[str, Any], person_id: str, pages: set[str] | None, scopes: set[str] | None, *, allow: bool
    ) -> str | None:
        """Answer a request: `pages` and `scopes` None mean all. Gives the callback's address; None: it is not valid."""
        asked, person = _asked(fields), self.meta.accounts.person(person_id)
        if not _valid(asked, META_APP) or (allow and person is None):
            return None
        if not allow or person is None:
            words = "Permissions error"
            return _callback(asked, error="access_denied", error_reason="user_denied", error_description=words)
        before = self.meta.tokens.grant(person["id"])
        offered = set(_scopes(asked))
        if asked["auth_type"] != "rerequest":
            offered -= set(before["declined"])
        granted = offered if scopes is None else offered & scopes
        # What was declined stays declined until it is asked for again, and what was granted stays granted.
        declined = (set(before["declined"]) | (offered - granted)) - granted
        managed = {row["id"] for row in self.meta.accounts.pages_of(person["id"]) if row["people"][person["id"]]}
        ticked = managed if pages is None else managed & pages
        self.meta.tokens.set_grant(person["id"], (set(before["scopes"]) | granted) - declined, declined, ticked)
        return _callback(asked, code=self.login.code(asked, META_APP, {"person": person["id"]}))

    async def ask_instagram(self, request: Request) -> Response:
        """Which account."""
        asked = _asked(request.query_params)
        if (problem := self._problem(request, asked, INSTAGRAM_APP, INSTAGRAM)) is not None:
            return problem
        rows = [row for row in self.meta.accounts.all() if row["kind"] == INSTAGRAM]
        choices = [Choice(row["id"], row["handle"], row["name"]) for row in rows]
        scopes = asked["scope"].split(",")
        return consent_page(request, Consent("Instagram", "This application", scopes, choices, None, asked))

    async def decide_instagram(self, request: Request) -> Response:
        """The account's answer, passed on."""
        decision = await read_decision(request)
        if decision is None:
            return refused_page("The form has expired or did not come from this page.")
        location = self.settle_instagram(decision.fields, decision.account, allow=decision.allow)
        return RedirectResponse(location, 302) if location else refused_page("The request is not valid.")

    def settle_instagram(self, fields: Mapping[str, Any], account_id: str, *, allow: bool) -> str | None:
        """Answer a request of Instagram's own sign-in; gives the callback's address; None where it is not valid."""
        asked, account = _asked(fields), self.meta.accounts.get(account_id, INSTAGRAM)
        if not _valid(asked, INSTAGRAM_APP) or (allow and account is None):
            return None
        if not allow or account is None:
            return _callback(asked, error="access_denied", error_reason="user_denied")
        who = {"account": account["id"], "person": account["app_scoped"], "scopes": asked["scope"].split(",")}
        return _callback(asked, code=self.login.code(asked, INSTAGRAM_APP, who)) + "#_"

    def _problem(self, request: Request, asked: Mapping[str, str], app: App, platform: str) -> Response | None:
        """Why a request is shown as refused and not answered by a redirect."""
        wanted = "config_id" if asked["config_id"] and platform == FACEBOOK else "scope"
        try:
            check_form(
                request, platform, "dialog", asked, "client_id", "redirect_uri", "state", wanted, response_type="code"
            )
        except GraphError as error:
            return refused_page(str(error))
        return (
            None if _valid(asked, app) else refused_page("The application or its redirect address is not known here.")
        )

    def _managers(self, row: Row) -> str:
        people = [self.meta.accounts.person(one) for one in row["people"] if may(row, one, "CREATE_CONTENT")]
        return ", ".join(one["handle"] for one in people if one) or "nobody"


def _asked(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(fields.get(name, "")) for name in _ASKED}


def _scopes(asked: Mapping[str, str]) -> list[str]:
    return list(ALL_SCOPES) if asked["config_id"] else [name for name in asked["scope"].split(",") if name]


def _valid(asked: Mapping[str, str], app: App) -> bool:
    return asked["client_id"] == app.client_id and urlsplit(asked["redirect_uri"]).scheme in ("http", "https")


def _callback(asked: Mapping[str, str], **fields: str) -> str:
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return f"{asked['redirect_uri']}{joint}{urlencode({**fields, 'state': asked['state']})}"
