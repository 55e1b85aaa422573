"""The simulated Mastodon instance as one application: puts its parts together and answers the control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from connectors.sandbox.mastodon.accounts import Account, Accounts, bearer
from connectors.sandbox.mastodon.apps import Apps
from connectors.sandbox.mastodon.entities import Entities
from connectors.sandbox.mastodon.errors import MastodonError, answer_error, answer_not_found, refusal
from connectors.sandbox.mastodon.instance import instance_routes
from connectors.sandbox.mastodon.limits import LimitHeaders
from connectors.sandbox.mastodon.media import MediaFiles
from connectors.sandbox.mastodon.oauth import OAuth
from connectors.sandbox.mastodon.posts import Posts
from connectors.sandbox.mastodon.statuses import Statuses
from connectors.sandbox.pages import ledger_routes
from connectors.sandbox.world import Addresses, World

DEFAULT_SCOPES = "profile read:accounts read:statuses write:media write:statuses"


class Mastodon:
    """One instance."""

    name = "mastodon"

    def __init__(self, world: World, address: Addresses) -> None:
        self._accounts = accounts = Accounts(world)
        apps = Apps(world)
        posts = Posts(world, address)
        media = MediaFiles(world, accounts, address)
        entities = Entities(world, accounts, posts, media, address)
        self._oauth = oauth = OAuth(world, accounts, apps, address)
        self._routes: Sequence[BaseRoute] = [
            *ledger_routes(world, self.name, "Mastodon", "/@{handle}/{id}"),
            *apps.routes(),
            *oauth.routes(),
            *instance_routes(address),
            *media.routes(),
            *Statuses(world, accounts, posts, entities).routes(),
        ]

    def application(self, first: Sequence[BaseRoute]) -> Starlette:
        """The application, with more routes before its own."""
        return Starlette(
            routes=[*first, *self._routes],
            middleware=[Middleware(LimitHeaders)],
            exception_handlers={MastodonError: answer_error, 404: answer_not_found},
        )

    def identify(self, headers: Mapping[str, str]) -> str | None:
        """The handle that a request's token belongs to, whether or not it is still valid."""
        return self._accounts.owner(headers)

    def expire(self, headers: Mapping[str, str]) -> None:
        """Make the access token of this request expire now. Mastodon gives no refresh tokens: the user reconnects."""
        self._accounts.end(bearer(headers), "expired")

    def refusal(self, status: int) -> dict[str, Any]:
        """The usual body of an error answer with that status."""
        return dict(refusal(status))

    def add_account(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an account. It has no password: the consent page lets choose any account."""
        account = self._accounts.add(handle, str(body.get("name", "")))
        return {"id": account.id, "handle": account.handle}

    def change_account(self, handle: str, status: str) -> dict[str, Any]:
        """Set the status: active, disabled, unconfirmed or pending."""
        account = self._accounts.set_status(self._account(handle), status)
        return {"id": account.id, "handle": account.handle, "status": account.status}

    def grant(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A token in the form of the token endpoint; `scopes` as text, by default what a publisher needs."""
        scopes = str(body.get("scopes", DEFAULT_SCOPES)).split()
        return self._accounts.issue(self._account(handle), "sandbox", "Sandbox", scopes)

    def forget_tokens(self, handle: str) -> None:
        """Revoke every token of an account."""
        self._accounts.end_all(self._account(handle))

    def consent(self, url: str, handle: str, *, allow: bool) -> str:
        """Answer a consent page without a browser; gives the address of the client's callback."""
        fields = dict(parse_qsl(urlsplit(url).query))
        location = self._oauth.settle(fields, self._account(handle).id, allow=allow)
        if location is None:
            raise ValueError("the authorization request is not valid")
        return location

    def _account(self, handle: str) -> Account:
        account = self._accounts.by_handle(handle)
        if account is None:
            raise KeyError(f"account {handle} on Mastodon")
        return account
