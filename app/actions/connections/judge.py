"""Write what a look at a connection showed: healthy, expiring soon, or in need of the user.

Promise: each look leaves a line in the health log. A connection changes its state, and its event is emitted, only
when the state really differs, so that the same news is not told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.transition import transition
from app.domain.connections.model import Connection, ConnectionCheck
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionEvent, ConnectionState
from app.kernel import ids
from app.kernel.storable import storable
from connectors.contract import Account
from connectors.faults import Fault, FaultKind

TIRED = 3
"""After this many refreshes in a row that failed for passing reasons, the user is told."""


ONLY_THE_USER = frozenset({FaultKind.PERMISSION_MISSING.value})
"""Reasons that a working token does not mend: a check passes, and the next post would be refused again."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen."""

    connection_id: UUID
    what: str
    """check, refresh, connect or publish."""
    now: datetime
    horizon: timedelta
    next_check: timedelta
    account: Account | None = None
    """The account as it is, where the platform told."""
    fault: Fault | None = None
    lost: bool = False
    """The fault means that the user has to reconnect."""


async def judge(session: AsyncSession, look: Look) -> Connection:
    """Write the look down and change the state if it has to.

    Raises:
        NotFound: no such connection in this tenant.
    """
    connection = await read_connection(session, look.connection_id, lock=True)
    session.add(
        ConnectionCheck(
            id=ids.new(),
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            at=look.now,
            what=look.what,
            ok=look.fault is None,
            fault=reason(look.fault) if look.fault else None,
        )
    )
    facts: dict[str, Any] = {"next_check_at": look.now + look.next_check}
    if look.fault is None:
        facts |= {"last_ok_at": look.now, "refresh_failures": 0}
    elif look.what == "refresh" and not look.lost:
        facts["refresh_failures"] = connection.refresh_failures + 1
    if look.account is not None:
        facts |= {"handle": look.account.handle, "name": look.account.name, "account_limits": dict(look.account.limits)}
    mine = (Connection.tenant_id == connection.tenant_id, Connection.id == connection.id)
    await session.execute(update(Connection).where(*mine).values(storable(facts)))
    await session.refresh(connection)
    event, why = _event(connection, look)
    if event is None:
        return connection
    return await transition(session, connection.id, event, values={"reason": why}) or connection


def reason(fault: Fault) -> dict[str, Any]:
    """Why a connection is not healthy, as it is stored and shown."""
    return {"code": fault.kind.value, "message": storable(fault.message), "hint": storable(fault.hint)}


def _event(connection: Connection, look: Look) -> tuple[ConnectionEvent | None, dict[str, Any] | None]:
    state = connection.state
    if look.lost and look.fault is not None:
        known = state in (ConnectionState.HEALTHY, ConnectionState.EXPIRING_SOON)
        return (ConnectionEvent.LOSE, reason(look.fault)) if known else (None, None)
    if state not in (ConnectionState.HEALTHY, ConnectionState.EXPIRING_SOON, ConnectionState.ATTENTION):
        return None, None
    if state is ConnectionState.ATTENTION:  # a token that works, however briefly, lets jobs run; the next look warns
        well = look.fault is None and (connection.reason or {}).get("code") not in ONLY_THE_USER
        return (ConnectionEvent.RECOVER, None) if well else (None, None)
    dying = _dying(connection, look)
    if dying is not None:
        return (ConnectionEvent.EXPIRE_SOON, dying) if state is ConnectionState.HEALTHY else (None, None)
    recovered = look.fault is None and state is not ConnectionState.HEALTHY
    return (ConnectionEvent.RECOVER, None) if recovered else (None, None)


def _dying(connection: Connection, look: Look) -> dict[str, Any] | None:
    hint = "Reconnect the account before then."
    ends = connection.token_expires_at
    if ends is not None and ends < look.now + look.horizon:
        return {"code": "expires_soon", "message": f"The access ends at {ends.isoformat()}.", "hint": hint}
    if connection.refresh_failures >= TIRED:
        message = "Renewing the access has failed several times; the platform may be in trouble."
        return {"code": "refresh_fails", "message": message, "hint": "It is tried again; reconnect if it goes on."}
    return None
