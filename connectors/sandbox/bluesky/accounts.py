"""The accounts of the simulated Bluesky server, and who a request acts for."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass

from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.formats import is_handle
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

TABLE = "bluesky.accounts"
STATUSES = ("active", "deactivated", "takendown")


@dataclass(frozen=True, slots=True)
class Account:
    """One account; its DID never changes."""

    did: str
    handle: str
    name: str
    password: str
    """An app password."""
    status: str = "active"

    @property
    def active(self) -> bool:
        """Whether it may do anything."""
        return self.status == "active"


class Accounts:
    """All accounts of the server."""

    def __init__(self, world: World) -> None:
        self._tables = world.tables

    def add(self, handle: str, name: str, password: str | None) -> Account:
        """Create an account; its DID follows from the handle. Raises ValueError where the handle cannot be had."""
        handle = handle.lower()
        if not is_handle(handle):
            raise ValueError(f"{handle!r} is not a handle; it looks like alice.test")
        if self.by_handle(handle) is not None:
            raise ValueError(f"the handle {handle} is taken")
        digest = hashlib.sha256(f"sandbox account {handle}".encode()).digest()
        did = "did:plc:" + base64.b32encode(digest).decode().lower()[:24]
        account = Account(did, handle, name or handle, password or _app_password())
        self._put(account)
        return account

    def set_status(self, account: Account, status: str) -> Account:
        """Change the status. Raises ValueError for an unknown one."""
        if status not in STATUSES:
            raise ValueError(f"status is one of {', '.join(STATUSES)}")
        changed = Account(account.did, account.handle, account.name, account.password, status)
        self._put(changed)
        return changed

    def by_did(self, did: str) -> Account | None:
        """The account with that DID."""
        row = self._tables.get(TABLE, did)
        return None if row is None else _account(row)

    def by_handle(self, handle: str) -> Account | None:
        """The account with that handle, in any case."""
        wanted = handle.lower().removeprefix("@")
        return next((account for account in self.all() if account.handle == wanted), None)

    def find(self, identifier: str) -> Account | None:
        """The account with that DID or handle."""
        return self.by_did(identifier) if identifier.startswith("did:") else self.by_handle(identifier)

    def all(self) -> list[Account]:
        """Every account in the order of creation."""
        return [_account(row) for _, row in self._tables.rows(TABLE)]

    def _put(self, account: Account) -> None:
        row = {"id": account.did, "handle": account.handle, "name": account.name}
        self._tables.put(TABLE, account.did, row | {"password": account.password, "status": account.status})


def refuse_inactive(account: Account) -> None:
    """Raise what the server answers to an account that may not act."""
    if account.status == "takendown":
        raise XrpcError("AccountTakedown", "Account has been taken down", 401)
    if account.status == "deactivated":
        raise XrpcError("AccountDeactivated", "Account is deactivated", 401)


def _account(row: Row) -> Account:
    return Account(row["id"], row["handle"], row["name"], row["password"], row["status"])


def _app_password() -> str:
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
