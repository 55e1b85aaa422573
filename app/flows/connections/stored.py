"""A connection with its access as it is stored: read in one round trip, opened without another.

Reading and opening are two steps, so that whoever has a transaction open anyway (the claim of a post) reads in it, and
what cannot be opened is told where the access is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import CURRENT, unsealed
from app.actions.posts.compose import as_account
from app.domain.connections.model import Connection, PlatformApp, SealedTokens
from app.flows.runtime import Runtime
from app.kernel.errors import NotFound
from app.services import direct
from app.services.db import tenant_of
from app.services.records import columns, reader
from app.services.vault import Place, UnknownKey, VaultError
from connectors.contract import Access, AppCredentials
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault

log = structlog.get_logger(__name__)

_SEALED = SealedTokens.__tablename__
COLUMNS = f"{columns(Connection, 'its_')}, {_SEALED}.blob AS its_access, {columns(PlatformApp, 'our_')}"
ACCESS = f"""
    LEFT JOIN {_SEALED} ON {_SEALED}.tenant_id = $1 AND {_SEALED}.connection_id = connections.id
        AND {_SEALED}.field = '{CURRENT}'
    LEFT JOIN platform_apps ON platform_apps.tenant_id = $1 AND platform_apps.id = connections.app_id
"""
"""What a statement of somebody else's selects and joins to `connections`, so that `of` can read its row."""
CONNECTION = f"""
    SELECT {COLUMNS} FROM connections {ACCESS} WHERE connections.tenant_id = $1 AND connections.id = $2
"""  # noqa: S608 -- composed of the tables' own names

_connection, _app = reader(Connection, "its_"), reader(PlatformApp, "our_")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the rows say."""

    connection: Connection
    sealed: bytes | None
    """The tokens as the vault sealed them; None where they were destroyed."""
    app: PlatformApp | None
    """Our client at the connection's server, where there is one."""


async def stored(session: AsyncSession, connection_id: UUID) -> Stored:
    """Read a connection with its access.

    Raises:
        NotFound: no such connection in this tenant.
    """
    row = await direct.row(session, CONNECTION, tenant_of(session), connection_id)
    if row is None:
        raise NotFound("connection")
    return of(row)


def of(row: Mapping[str, Any]) -> Stored:
    """A connection with its access, of a row that has `COLUMNS`."""
    return Stored(_connection(row), row["its_access"], _app(row) if row["our_id"] is not None else None)


def opened(rt: Runtime, found: Stored) -> Access:
    """The access that is stored, whether it still works or not.

    Raises:
        PlatformFault: there is none, or it cannot be opened.
    """
    connection = found.connection
    try:
        tokens = unsealed(rt.vault, connection, found.sealed) if found.sealed is not None else None
        app = credentials(rt, found.app) if found.app is not None else None
    except VaultError as error:
        log.error("access.unreadable", connection_id=str(connection.id), reason=str(error))  # noqa: TRY400 -- no stack: it names the place
        raise PlatformFault(_unreadable(connection, error)) from error
    if tokens is None:
        message = f"The account {connection.handle} was disconnected."
        raise PlatformFault(Fault(FaultKind.AUTH_EXPIRED, message, HINTS[FaultKind.AUTH_EXPIRED]))
    return Access(as_account(connection), tokens, app)


def credentials(rt: Runtime, row: PlatformApp) -> AppCredentials:
    """Our client at an authorization server, with its secret opened.

    Raises:
        VaultError: the secret cannot be opened.
    """
    place = Place(row.tenant_id, PlatformApp.__tablename__, row.id, "client_secret")
    secret = rt.vault.open(row.blob, place) if row.blob is not None else None
    return AppCredentials(row.key, row.client_id, secret, row.extra)


def _unreadable(connection: Connection, error: VaultError) -> Fault:
    if isinstance(error, UnknownKey):  # the operator can put it back, and then everything goes on
        message = f"The access to {connection.handle} is sealed with a master key that is missing here."
        hint = "Tell the operator: POSTD_VAULT_KEYS lacks a key."
        return Fault(FaultKind.UNREACHABLE, message, hint, code="master_key_missing")
    message = f"The stored access to {connection.handle} cannot be opened: it was changed in the database."
    hint = "Reconnect the account, and tell the operator."
    return Fault(FaultKind.AUTH_EXPIRED, message, hint, code="tokens_unreadable")
