"""The members and organizations of the simulated LinkedIn, and who has which role where."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.sandbox.linkedin.errors import denied
from connectors.sandbox.world import World

ACCOUNTS = "linkedin.accounts"
PERSON, ORGANIZATION = "urn:li:person:", "urn:li:organization:"
ROLES = ("ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "ANALYST")
POSTING_ROLES = ROLES[:2]
STATUSES = ("active", "restricted", "roleless", "closed")
"""`restricted`: a member who may do nothing. `roleless`, `closed`: a page that nobody manages, or that is gone."""


@dataclass(frozen=True, slots=True)
class Account:
    """A member or an organization."""

    id: str
    """The URN."""
    handle: str
    name: str
    status: str = "active"
    roles: dict[str, str] = field(default_factory=dict)
    """Of an organization: the role by the member's URN."""

    @property
    def is_organization(self) -> bool:
        """Whether it is a page."""
        return self.id.startswith(ORGANIZATION)

    @property
    def key(self) -> str:
        """The URN's last part."""
        return self.id.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request acts for, and with which rights."""

    member: Account
    scopes: frozenset[str]

    def require(self, *scopes: str, what: str) -> None:
        """Raise LinkedInError 403 where none of the rights was granted."""
        if not self.scopes.intersection(scopes):
            raise denied(what)


class Accounts:
    """All of them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add(self, handle: str, name: str, roles: dict[str, str] | None = None) -> Account:
        """Create a member, or with roles an organization. Raises ValueError where the handle is taken or malformed."""
        if not handle.replace("-", "").isalnum() or not handle.isascii() or len(handle) > 100:
            raise ValueError(f"{handle!r} is not a vanity name; it looks like carol-example")
        if self.by_handle(handle) is not None:
            raise ValueError(f"the vanity name {handle} is taken")
        number = self._world.next_micros()
        urn = f"{PERSON}sb{number:x}" if roles is None else f"{ORGANIZATION}{number % 10**10}"
        return self._put(Account(urn, handle, name or handle, roles=dict(roles or {})))

    def set_status(self, account: Account, status: str) -> Account:
        """Change the status. Raises ValueError for an unknown one."""
        if status not in STATUSES:
            raise ValueError(f"status is one of {', '.join(STATUSES)}")
        return self._put(Account(account.id, account.handle, account.name, status, account.roles))

    def get(self, urn: str) -> Account | None:
        """The account with that URN."""
        row = self._world.tables.get(ACCOUNTS, urn)
        return None if row is None else Account(**row)

    def by_handle(self, handle: str) -> Account | None:
        """The account with that vanity name, in any case."""
        return next((one for one in self.all() if one.handle.lower() == handle.lower()), None)

    def all(self) -> list[Account]:
        """Every account in the order of creation."""
        return [Account(**row) for _, row in self._world.tables.rows(ACCOUNTS)]

    def roles_of(self, member: Account) -> list[tuple[Account, str]]:
        """The organizations where a member has a role."""
        return [
            (one, one.roles[member.id])
            for one in self.all()
            if one.is_organization and one.status == "active" and member.id in one.roles
        ]

    def acting(self, caller: Caller, urn: str, right: str, what: str) -> Account:
        """The account that the caller acts for: the member, or an organization where the role allows it.

        `right` is `w` or `r`. Raises LinkedInError 403.
        """
        found = self.get(urn)
        if found is None or found.status != "active":
            raise denied(what)  # also where nobody has a role there any more
        if not found.is_organization:
            caller.require(f"{right}_member_social", f"{right}_member_social_feed", what=what)
            if found.id != caller.member.id:
                raise denied(what)
            return found
        caller.require(f"{right}_organization_social", f"{right}_organization_social_feed", what=what)
        if found.roles.get(caller.member.id) not in POSTING_ROLES:
            raise denied(what)
        return found

    def _put(self, account: Account) -> Account:
        row: dict[str, Any] = asdict(account)
        self._world.tables.put(ACCOUNTS, account.id, row)
        return account
