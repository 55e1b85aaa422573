"""People, the pages on which they have tasks, and Instagram's professional accounts, alone or linked to a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.sandbox.meta.hosts import FACEBOOK, INSTAGRAM
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

ACCOUNTS: Final = "meta.accounts"
PEOPLE: Final = "meta.people"
BUSINESSES: Final = "meta.businesses"
BUSINESS_EDGES: Final = ("owned_pages", "client_pages")
ALL_TASKS: Final = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE")


class Accounts:
    """All of them. A page and its Instagram account bear the same handle here."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add(
        self,
        handle: str,
        name: str,
        *,
        person: str,
        tasks: Sequence[str] = ALL_TASKS,
        kinds: Sequence[str] = (),
        business: tuple[str, str] | None = None,
    ) -> dict[str, Row]:
        """Create a page and the Instagram account behind it, or one of both (`kinds`); gives them by kind.

        `business` is a portfolio's name and its edge: the page is reached through it only. Raises ValueError where the
        handle is taken or malformed, or the edge is none.
        """
        if business is not None and business[1] not in BUSINESS_EDGES:
            raise ValueError(f"a page of a business is under one of {', '.join(BUSINESS_EDGES)}")
        if not handle.replace("_", "").replace(".", "").isalnum() or not handle.isascii() or len(handle) > 30:
            raise ValueError(f"{handle!r} is not a user name; it looks like corner.bakery")
        if any(row["handle"] == handle for row in self.all()):
            raise ValueError(f"the user name {handle} is taken")
        owner = self.person(person) or self._add_person(person)
        made: dict[str, Row] = {}
        for kind in kinds or (INSTAGRAM, FACEBOOK):
            row: Row = {
                "id": str(self._world.next_micros()),
                "kind": kind,
                "handle": handle,
                "name": name or handle,
                "status": "active",
                "people": {owner["id"]: list(tasks)},
                "instagram": made[INSTAGRAM]["id"] if kind == FACEBOOK and INSTAGRAM in made else None,
                "app_scoped": str(self._world.next_micros()),
                "business": [self._business(business[0]), business[1]] if business and kind == FACEBOOK else None,
            }
            self._world.tables.put(ACCOUNTS, row["id"], row)
            made[kind] = row
        return made

    def set_status(self, handle: str, status: str) -> None:
        """Change the status of the page and the account with that handle. Raises ValueError for an unknown one."""
        if status not in ("active", "restricted"):
            raise ValueError("status is one of active, restricted")
        for row in self.named(handle):
            self._world.tables.put(ACCOUNTS, row["id"], {**row, "status": status})

    def get(self, account_id: str, kind: str | None = None) -> Row | None:
        """A page or an account by its id."""
        row = self._world.tables.get(ACCOUNTS, account_id)
        return row if row is not None and kind in (None, row["kind"]) else None

    def named(self, handle: str) -> list[Row]:
        """The page and the account with that handle."""
        return [row for row in self.all() if row["handle"] == handle]

    def all(self) -> list[Row]:
        """Every page and account in the order of creation."""
        return [row for _, row in self._world.tables.rows(ACCOUNTS)]

    def pages_of(self, person: str) -> list[Row]:
        """The pages on which a person has a task."""
        return [row for row in self.all() if row["kind"] == FACEBOOK and person in row["people"]]

    def businesses_of(self, person: str) -> list[Row]:
        """The portfolios with a page on which a person has a task."""
        mine = {row["business"][0] for row in self.pages_of(person) if row.get("business")}
        return [row for key, row in self._world.tables.rows(BUSINESSES) if key in mine]

    def page_behind(self, instagram: str) -> Row | None:
        """The page that an Instagram account is linked to."""
        return next((row for row in self.all() if row["instagram"] == instagram), None)

    def person(self, handle: str) -> Row | None:
        """A person by their handle or id."""
        rows = (row for _, row in self._world.tables.rows(PEOPLE))
        return next((row for row in rows if handle in (row["handle"], row["id"])), None)

    def people(self) -> list[Row]:
        """Everybody."""
        return [row for _, row in self._world.tables.rows(PEOPLE)]

    def person_of(self, handle: str) -> Row:
        """The person with that handle, or the first one of the page or account with it. Raises KeyError."""
        found = self.person(handle)
        for row in self.named(handle) if found is None else ():
            found = found or self.person(next(iter(row["people"])))
        if found is None:
            raise KeyError(f"person or account {handle} on Meta")
        return found

    def _business(self, name: str) -> str:
        """The id of the portfolio with that name, which is made where there is none."""
        for key, row in self._world.tables.rows(BUSINESSES):
            if row["name"] == name:
                return key
        key = str(self._world.next_micros())
        self._world.tables.put(BUSINESSES, key, {"id": key, "name": name})
        return key

    def _add_person(self, handle: str) -> Row:
        row: dict[str, Any] = {"id": str(self._world.next_micros()), "handle": handle, "name": handle}
        self._world.tables.put(PEOPLE, row["id"], row)
        return row


def may(row: Mapping[str, Any], person: str, task: str) -> bool:
    """Whether a person has a task on a page."""
    tasks = row["people"].get(person, ())
    return task in tasks or "MANAGE" in tasks
