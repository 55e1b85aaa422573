"""The simulated Meta as one application: puts its parts together and answers the control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from connectors.sandbox.meta.accounts import ALL_TASKS, Accounts
from connectors.sandbox.meta.calls import Meta as Parts
from connectors.sandbox.meta.dialog import ALL_SCOPES, Dialog
from connectors.sandbox.meta.errors import GraphError, answer_error, body_of, refusal
from connectors.sandbox.meta.graph import GraphApi
from connectors.sandbox.meta.hosts import (
    DIALOG,
    FACEBOOK,
    INSTAGRAM,
    INSTAGRAM_APP,
    INSTAGRAM_DIALOG,
    META_APP,
    apps,
    endpoints,
)
from connectors.sandbox.meta.login import Login
from connectors.sandbox.meta.subscriptions import comment, give_address
from connectors.sandbox.meta.things import Things
from connectors.sandbox.meta.tokens import OWN, PAGE, Tokens, bearer
from connectors.sandbox.meta.withdrawal import tell
from connectors.sandbox.pages import ledger_routes
from connectors.sandbox.world import Addresses, World


class Meta:
    """Facebook and Instagram on one server."""

    name = "meta"
    title = "Facebook and Instagram"
    apps = staticmethod(apps)
    endpoints = staticmethod(endpoints)

    def __init__(self, world: World, address: Addresses) -> None:
        self._world = world
        self._accounts = accounts = Accounts(world)
        self._tokens = tokens = Tokens(world)
        parts = Parts(world, accounts, tokens, Things(world, address))
        login = Login(parts)
        self._dialog = dialog = Dialog(parts, login)
        links = (f"/{DIALOG}/{{id}}", f"/{DIALOG}/reel/{{id}}", f"/{INSTAGRAM_DIALOG}/p/{{id}}/")
        self._routes: Sequence[BaseRoute] = [
            *dialog.routes(),
            *login.routes(),
            *GraphApi(parts, address).routes(),
            *ledger_routes(world, self.name, self.title, *links, shows=(FACEBOOK, INSTAGRAM)),
        ]

    def application(self, first: Sequence[BaseRoute]) -> Starlette:
        """The application, with more routes before its own."""
        return Starlette(
            routes=[*first, *self._routes], exception_handlers={GraphError: answer_error, 404: _answer_not_found}
        )

    def identify(self, headers: Mapping[str, str]) -> str | None:
        """The handle that a request's token belongs to, whether or not it is still valid."""
        row = self._tokens.find(bearer(headers))
        if row is None:
            return None
        account = self._accounts.get(row["subject"]) or self._accounts.person(row["person"])
        return str(account["handle"]) if account else None

    def expire(self, headers: Mapping[str, str]) -> None:
        """Make the access token of this request expire now."""
        self._tokens.end(bearer(headers), "expired")

    def refusal(self, status: int) -> dict[str, Any]:
        """The usual body of an error answer with that status."""
        return refusal(status)

    def add_account(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create a page with an Instagram account behind it.

        `person` names who manages it (by default somebody with the same handle), `tasks` what they may do there,
        `kinds` leaves one of both out: `["facebook"]` or `["instagram"]`. With `business`, the name of a portfolio,
        the page is reached through that only; `edge` says how it has the page, `owned_pages` or `client_pages`.
        """
        business = str(body.get("business") or "")
        made = self._accounts.add(
            handle,
            str(body.get("name") or ""),
            person=str(body.get("person") or handle),
            tasks=[str(task) for task in body.get("tasks", ALL_TASKS)],
            kinds=[str(kind) for kind in body.get("kinds", ())],
            business=(business, str(body.get("edge", "owned_pages"))) if business else None,
        )
        return {"handle": handle, **{kind: row["id"] for kind, row in made.items()}}

    def change_account(self, handle: str, status: str) -> dict[str, Any]:
        """Set the status of page and account: active or restricted."""
        if not self._accounts.named(handle):
            raise KeyError(f"page or account {handle} on Meta")
        self._accounts.set_status(handle, status)
        return {"handle": handle, "status": status}

    def grant(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A page's token, or with `kind: instagram` the account's own one, without a dialog."""
        kind = str(body.get("kind", FACEBOOK))
        found = next((row for row in self._accounts.named(handle) if row["kind"] == kind), None)
        if found is None:
            raise KeyError(f"{kind} account {handle} on Meta")
        person = self._accounts.person_of(handle)
        if kind == INSTAGRAM:
            scopes = [f"instagram_business_{name}" for name in ("basic", "content_publish", "manage_comments")]
            token = self._tokens.issue(OWN, found["id"], found["app_scoped"], seconds=5_184_000, scopes=scopes)
        else:
            self._tokens.set_grant(person["id"], ALL_SCOPES, (), [found["id"]])
            token = self._tokens.issue(PAGE, found["id"], person["id"], seconds=None)
        return {"access_token": token, "id": found["id"]}

    def forget_tokens(self, handle: str) -> None:
        """End every sign-in of the person behind a handle, as a change of their password does."""
        self._tokens.end_all(self._accounts.person_of(handle)["id"], "revoked")
        for row in self._accounts.named(handle):
            self._tokens.end_all(row["app_scoped"], "revoked")

    async def withdraw(self, handle: str, callback: str) -> int:
        """The person behind a handle removes the application: the callback is told, and the tokens end."""
        person = self._accounts.person_of(handle)
        status = await tell(META_APP, person["id"], int(self._world.now().timestamp()), callback)
        self.forget_tokens(handle)
        return status

    async def add_webhook(self, body: Mapping[str, Any]) -> None:
        """What the console does with an application's address: `app` meta or instagram, `url`, `verify_token`."""
        own = body.get("app") == "instagram"
        for about in ("instagram",) if own else ("page", "instagram"):
            app, url = (INSTAGRAM_APP if own else META_APP), str(body.get("url", ""))
            try:
                await give_address(self._world, app, about, url, str(body.get("verify_token", "")))
            except GraphError as error:
                raise ValueError(str(error)) from None

    async def comment(self, handle: str, body: Mapping[str, Any]) -> list[int]:
        """A reader comments on the page, or with `kind: instagram` on the account; what those told have answered."""
        kind = str(body.get("kind", FACEBOOK))
        row = next((row for row in self._accounts.named(handle) if row["kind"] == kind), None)
        if row is None:
            raise KeyError(f"{kind} account {handle} on Meta")
        author, words = str(body.get("author", "Ann")), str(body.get("text", ""))
        return await comment(self._world, self._accounts, row, author, words)

    def consent(self, url: str, handle: str, *, allow: bool) -> str:
        """Answer a dialog without a browser, with everything ticked; gives the address of the client's callback."""
        parts = urlsplit(url)
        fields = dict(parse_qsl(parts.query))
        if INSTAGRAM_DIALOG in parts.path:
            account = next((row for row in self._accounts.named(handle) if row["kind"] == INSTAGRAM), {"id": ""})
            location = self._dialog.settle_instagram(fields, account["id"], allow=allow)
        else:
            person = self._accounts.person_of(handle)["id"]
            location = self._dialog.settle_facebook(fields, person, None, None, allow=allow)
        if location is None:
            raise ValueError("the authorization request is not valid")
        return location


async def _answer_not_found(_request: Request, _error: Exception) -> Response:
    """The answer for a path that does not exist."""
    return JSONResponse(body_of("Unknown path components", 2500), 404)
