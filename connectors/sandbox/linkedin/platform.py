"""The simulated LinkedIn as one application: puts its parts together and answers the control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from connectors.sandbox.linkedin.accounts import ROLES, Account, Accounts
from connectors.sandbox.linkedin.analytics import Analytics
from connectors.sandbox.linkedin.apps import APPS, MEMBER_APP, PAGES_APP
from connectors.sandbox.linkedin.comments import Comments
from connectors.sandbox.linkedin.errors import LinkedInError, OAuthError, answer_error, answer_not_found, refusal
from connectors.sandbox.linkedin.members import Members
from connectors.sandbox.linkedin.oauth import OAuth
from connectors.sandbox.linkedin.posts import Posts
from connectors.sandbox.linkedin.store import Store
from connectors.sandbox.linkedin.subscriptions import Subscriptions
from connectors.sandbox.linkedin.tokens import Tokens, bearer
from connectors.sandbox.linkedin.uploads import Uploads
from connectors.sandbox.pages import ledger_routes
from connectors.sandbox.world import Addresses, World


class LinkedIn:
    """Members, organizations and their posts."""

    name = "linkedin"
    title = "LinkedIn"
    origins: ClassVar[tuple[str, ...]] = ("https://www.linkedin.com", "https://api.linkedin.com")

    @staticmethod
    def apps() -> dict[str, dict[str, str]]:
        """The applications that are known there: what `POSTD_APPS` takes."""
        known = {"linkedin": MEMBER_APP, "linkedin_pages": PAGES_APP}
        return {name: {"client_id": app.client_id, "client_secret": app.client_secret} for name, app in known.items()}

    @classmethod
    def endpoints(cls, base: str) -> dict[str, str]:
        """Where each documented origin is found on the server at `base`: what `POSTD_ENDPOINTS` takes."""
        return dict.fromkeys(cls.origins, base)

    """The servers that it stands in for."""

    def __init__(self, world: World, address: Addresses) -> None:
        self._accounts = accounts = Accounts(world)
        self._tokens = tokens = Tokens(world, accounts)
        self._oauth = oauth = OAuth(world, accounts, tokens)
        self._subscriptions = Subscriptions(world, accounts, tokens)
        store = Store(world, address)
        self._routes: Sequence[BaseRoute] = [
            *ledger_routes(world, self.name, self.title, "/feed/update/{urn}/"),
            *oauth.routes(),
            *Members(world, accounts, tokens).routes(),
            *self._subscriptions.routes(),
            *Uploads(world, accounts, tokens, address).routes(),
            *Posts(world, accounts, tokens, store).routes(),
            *Comments(world, accounts, tokens, store).routes(),
            *Analytics(world, tokens, store).routes(),
        ]

    def application(self, first: Sequence[BaseRoute]) -> Starlette:
        """The application, with more routes before its own."""
        return Starlette(
            routes=[*first, *self._routes],
            exception_handlers={LinkedInError: answer_error, OAuthError: answer_error, 404: answer_not_found},
        )

    def identify(self, headers: Mapping[str, str]) -> str | None:
        """The handle of the member that a request's token belongs to, whether or not it is still valid."""
        return self._tokens.owner(headers)

    def expire(self, headers: Mapping[str, str]) -> None:
        """Make the access token of this request expire now."""
        self._tokens.end(bearer(headers), "expired")

    def refusal(self, status: int) -> dict[str, Any]:
        """The usual body of an error answer with that status."""
        return refusal(status)

    def add_account(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create a member; with `admin` (a member's handle) an organization, where that member has `role`."""
        roles: dict[str, str] | None = None
        if body.get("admin"):
            role = str(body.get("role") or ROLES[0])
            if role not in ROLES:
                raise ValueError(f"role is one of {', '.join(ROLES)}")
            roles = {self._account(str(body["admin"])).id: role}
        account = self._accounts.add(handle, str(body.get("name", "")), roles)
        return {"id": account.id, "handle": account.handle}

    def change_account(self, handle: str, status: str) -> dict[str, Any]:
        """Set the status: active, restricted (members), roleless, closed (organizations)."""
        account = self._accounts.set_status(self._account(handle), status)
        return {"id": account.id, "handle": account.handle, "status": account.status}

    def grant(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tokens in the form of the token endpoint; with `client_id` and `scopes` (text) others than all rights."""
        app = APPS[str(body.get("client_id", PAGES_APP.client_id))]
        scopes = str(body.get("scopes", " ".join(app.scopes))).split()
        return self._tokens.issue(self._account(handle), app, scopes)

    def forget_tokens(self, handle: str) -> None:
        """Revoke every token of a member, as the member does in the settings."""
        self._tokens.end_all(self._account(handle))

    async def add_webhook(self, body: Mapping[str, Any]) -> None:
        """What the developer portal does with an address of the application for pages: `url`."""
        await self._subscriptions.add_address(str(body.get("url", "")))

    async def comment(self, handle: str, body: Mapping[str, Any]) -> list[int]:
        """A reader comments on an organization's post; gives what those that were told have answered."""
        author, words = str(body.get("author", "ann")), str(body.get("text", ""))
        return await self._subscriptions.comment(self._account(handle), author, words)

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
            raise KeyError(f"account {handle} on LinkedIn")
        return account
