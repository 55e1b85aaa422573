"""One call to a Graph API: who makes it, what about, with which parameters; and the table of what answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from connectors.sandbox.meta.accounts import Accounts, may
from connectors.sandbox.meta.contract import check
from connectors.sandbox.meta.errors import GraphError, lacking, missing
from connectors.sandbox.meta.fields import SentFile, text
from connectors.sandbox.meta.hosts import FACEBOOK, INSTAGRAM
from connectors.sandbox.meta.things import Thing, Things
from connectors.sandbox.meta.tokens import OWN, PAGE, PERSON, Caller, Tokens
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Meta:
    """What the handlers work with."""

    world: World
    accounts: Accounts
    tokens: Tokens
    things: Things


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    request: Request
    meta: Meta
    caller: Caller
    node: str
    params: Mapping[str, str | SentFile]

    def text(self, name: str) -> str:
        """A parameter as text; empty where it is not there."""
        return text(dict(self.params), name)

    def given(self, *names: str) -> dict[str, str]:
        """Those of the parameters that are there, as text."""
        return {name: self.text(name) for name in names if self.text(name)}

    def need(self, scope: str, own_scope: str = "") -> None:
        """Refuse a caller without a right; `own_scope` is its name by Instagram's own sign-in."""
        wanted = own_scope if self.caller.kind == OWN and own_scope else scope
        if wanted not in self.caller.scopes:
            raise lacking(wanted)

    def checked(self, platform: str, node: str, edge: str | None) -> None:
        """Check the request against the description of what it is about."""
        check(self.request, platform, node, edge, self.params)

    def page(self) -> Row:
        """The page that the call is about, by its own token. Refuses others, and restricted pages."""
        return self._own(FACEBOOK, self.node)

    def instagram(self) -> Row:
        """The Instagram account that the call is about, by its own token or that of the page before it."""
        return self._own(INSTAGRAM, self.node)

    def thing(self) -> Thing:
        """The published thing that the call is about, which must be the caller's. Raises GraphError."""
        found = self.meta.things.get(self.node)
        if found is None or not self._acts_for(found.platform, found.owner):
            raise missing(self.node)
        return found

    def account_of(self, thing: Thing) -> Row:
        """Who published a thing."""
        row = self.meta.accounts.get(thing.owner)
        if row is None:
            raise missing(thing.owner)
        return row

    def writing(self, account: Row) -> Row:
        """The account, for a call that publishes: refused where it is restricted."""
        if account["status"] == "restricted":
            if account["kind"] == INSTAGRAM:
                raise GraphError("The account is restricted", 25, 2207050, shown="The account is restricted.")
            raise GraphError("The action attempted has been deemed abusive", 368, shown="You are blocked for now.")
        return account

    def _own(self, kind: str, account_id: str) -> Row:
        row = self.meta.accounts.get(account_id, kind)
        if row is None or not self._acts_for(kind, account_id):
            raise missing(account_id)
        return row

    def _acts_for(self, kind: str, account_id: str) -> bool:
        if self.caller.kind == OWN or (self.caller.kind == PAGE and kind == FACEBOOK):
            return self.caller.subject == account_id
        page = self.meta.accounts.page_behind(account_id) if kind == INSTAGRAM else self.meta.accounts.get(account_id)
        if page is None:
            return False
        if self.caller.kind == PERSON:
            ticked = self.meta.tokens.grant(self.caller.person)["pages"]
            return page["id"] in ticked and may(page, self.caller.person, "CREATE_CONTENT")
        return bool(page["id"] == self.caller.subject)


Handler = Callable[[Call], Awaitable[dict[str, Any]]]
Table = Mapping[tuple[str, str, str | None], Handler]
"""Method, kind of node, edge -> what answers."""
