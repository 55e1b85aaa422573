"""Write what a look at a connection showed: healthy, expiring soon, or in need of the user.

Promise: each time the platform was asked, a line is left in the health log. A connection changes its state, and its
event is emitted, only when the state really differs; an end that draws near is told once a day. Each look says when
the next one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import proved
from app.actions.connections.transition import BY_LINK, MENDED_BY, transition
from app.domain.connections.model import Connection, ConnectionCheck
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.rhythm import DOUBTED, TELL_AGAIN, TIRED, Rhythm, next_look, next_ping, renewal, told_from
from app.domain.connections.states import ConnectionEvent, ConnectionState
from app.domain.jobs.queries import held_up
from app.kernel import ids
from app.kernel.storable import storable
from connectors.contract import Account
from connectors.faults import Fault, FaultKind

UNMENDED = "unmended"
"""Marks a reason that a working token does not mend: a check passes, and the next post would be refused again."""
BEFORE_MARKS = frozenset({FaultKind.PERMISSION_MISSING.value})
"""Such reasons where the mark is not written."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen."""

    connection_id: UUID
    what: str
    """check, refresh or publish: the platform was asked; calendar: only the clock was."""
    now: datetime
    rhythm: Rhythm
    account: Account | None = None
    """The account as it is, where the platform told."""
    fault: Fault | None = None
    lost: bool = False
    """The fault means that the user has to reconnect."""
    unmended: bool = False
    """The access is lost for what is asked of it although a check passes: only the user ends that."""
    unrenewable: bool = False
    """The token still works, but the platform refuses to renew it."""
    renewable_until: datetime | None = None
    """When the token in use ends, where POSTD renews it."""
    under_way: int = 0
    """Posts in the hands of the one who looks, which will wait too when the access is lost."""


async def judge(session: AsyncSession, look: Look) -> Connection:
    """Write the look down and change the state if it has to.

    Raises:
        NotFound: no such connection in this tenant.
    """
    connection = await read_connection(session, look.connection_id, lock=True)
    if connection.state is ConnectionState.REVOKED:
        return connection  # ended while somebody looked: nothing that was seen is kept
    if look.what != "calendar":
        session.add(line(connection, look.what, look.now, look.fault))
    facts: dict[str, Any] = {}
    if look.what == "check" or look.lost:
        facts["ping_at"] = _ping_at(connection, look)
    if look.fault is None and look.what != "calendar":
        facts |= {"last_ok_at": look.now, "refresh_failures": 0}
        await proved(session, connection.id)
    elif look.what == "refresh" and not look.lost:
        failed = connection.refresh_failures + 1
        facts["refresh_failures"] = max(failed, TIRED) if look.unrenewable else failed
    if look.account is not None:
        facts |= {"handle": look.account.handle, "name": look.account.name, "account_limits": dict(look.account.limits)}
    if facts:
        await _write(session, connection, storable(facts))
    event, why = _event(connection, look)
    if event is not None:
        connection = await _changed(session, connection, event, why, look)
    await _write(session, connection, {"next_check_at": _next(connection, look)})
    return connection


def line(connection: Connection, what: str, at: datetime, fault: Fault | None) -> ConnectionCheck:
    """A line of the connection's health log."""
    why = reason(fault) if fault is not None else None
    made = {"id": ids.new(), "tenant_id": connection.tenant_id, "connection_id": connection.id}
    return ConnectionCheck(**made, at=at, what=what, ok=fault is None, fault=why)


def reason(fault: Fault) -> dict[str, Any]:
    """Why a connection is not healthy, as it is stored and shown."""
    return {"code": fault.kind.value, "message": storable(fault.message), "hint": storable(fault.hint)}


async def _write(session: AsyncSession, connection: Connection, facts: dict[str, Any]) -> None:
    mine = (Connection.tenant_id == connection.tenant_id, Connection.id == connection.id)
    await session.execute(update(Connection).where(*mine).values(facts))
    await session.refresh(connection)


async def _changed(
    session: AsyncSession, connection: Connection, event: ConnectionEvent, why: dict[str, Any] | None, look: Look
) -> Connection:
    values: dict[str, Any] = {"reason": why}
    details: dict[str, Any] = {}
    if why is not None:
        values["told_at"] = look.now
        details = {"reason": why["code"], "message": why["message"], "hint": why["hint"], "call": MENDED_BY}
    if event in (ConnectionEvent.LOSE, ConnectionEvent.EXPIRE_SOON):
        details["waiting"] = await held_up(session, connection.id) + look.under_way
    changed = await transition(session, connection.id, event, values=values, details=details)
    return changed or connection


def _ping_at(connection: Connection, look: Look) -> datetime:
    # Asked again soon where the platform was down or may have been wrong, or where the account may come back.
    if look.fault is None or look.unmended or (connection.reason or {}).get(UNMENDED):
        return next_ping(connection.id, look.now, look.rhythm.ping)
    return look.now + min(look.rhythm.look * DOUBTED, look.rhythm.ping)


def _next(connection: Connection, look: Look) -> datetime:
    ends = look.renewable_until
    renew_at = renewal(connection.id, connection.renewed_at, ends, look.rhythm.ahead) if ends is not None else None
    return next_look(connection, look.now, look.rhythm, renew_at=renew_at)


def _event(connection: Connection, look: Look) -> tuple[ConnectionEvent | None, dict[str, Any] | None]:
    state = connection.state
    if look.lost and look.fault is not None:
        known = state in (ConnectionState.HEALTHY, ConnectionState.EXPIRING_SOON)
        return (ConnectionEvent.LOSE, _lost(look, look.fault)) if known else (None, None)
    if state not in (ConnectionState.HEALTHY, ConnectionState.EXPIRING_SOON, ConnectionState.ATTENTION):
        return None, None
    if state is ConnectionState.ATTENTION:  # a token that works, however briefly, lets jobs run; the next look warns
        proved = look.what == "check" and look.fault is None
        return (ConnectionEvent.RECOVER, None) if proved and not _only_the_user(connection) else (None, None)
    dying = _dying(connection, look)
    if dying is not None:
        news = state is ConnectionState.HEALTHY or (
            connection.told_at is None or connection.told_at + TELL_AGAIN <= look.now
        )
        return (ConnectionEvent.EXPIRE_SOON, dying) if news else (None, None)
    recovered = look.fault is None and state is not ConnectionState.HEALTHY
    return (ConnectionEvent.RECOVER, None) if recovered else (None, None)


def _lost(look: Look, fault: Fault) -> dict[str, Any]:
    why = reason(fault)
    return {**why, "hint": f"{why['hint']} {BY_LINK}".strip(), UNMENDED: look.unmended}


def _only_the_user(connection: Connection) -> bool:
    why = connection.reason or {}
    return bool(why.get(UNMENDED, why.get("code") in BEFORE_MARKS))


def _dying(connection: Connection, look: Look) -> dict[str, Any] | None:
    hint = f"Reconnect the account before then. {BY_LINK}"
    ends, told = connection.token_expires_at, told_from(connection, look.rhythm.horizon)
    if look.unrenewable and look.fault is not None:
        message = f"The access still works but cannot be renewed. {look.fault.message}"
        return {"code": "cannot_be_renewed", "message": storable(message), "hint": f"Reconnect the account. {BY_LINK}"}
    if ends is not None and told is not None and told <= look.now:
        return {"code": "expires_soon", "message": f"The access ends at {ends:%Y-%m-%d %H:%M} UTC.", "hint": hint}
    if connection.refresh_failures >= TIRED:
        message = "Renewing the access has failed several times; the platform may be in trouble."
        return {"code": "refresh_fails", "message": message, "hint": "It is tried again; reconnect if it goes on."}
    return None
