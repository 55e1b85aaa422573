"""Write down whether the platform tells us what happens on an account.

Promise: an event says so when it begins, when it had to be arranged anew, and when it fails for another reason than
before; the same answer day by day is no news. A connection that ended or was switched off meanwhile stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.connections.listening import ListeningState, next_listen, told
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.rhythm import place
from app.domain.connections.states import USABLE
from app.kernel.storable import storable
from app.services import events
from app.services.db import tenant_of

PAST: Mapping[bool, str] = {True: "connection.listening", False: "connection.not_listening"}
"""The names in the event log: whether anything is told."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking the platform."""

    connection_id: UUID
    state: ListeningState
    now: datetime
    look: timedelta
    """The shortest time between two looks."""
    to: Sequence[str] = ()
    """The subscriptions that stand."""
    anew: bool = False
    """A subscription had to be made."""
    problem: Mapping[str, Any] | None = None
    again_soon: bool = False
    """It failed for passing reasons."""


async def note_listening(session: AsyncSession, heard: Heard) -> Connection | None:
    """Write it down; None where the connection is not in use any more.

    Raises:
        NotFound: no such connection in this tenant.
    """
    known = await read_connection(session, heard.connection_id, lock=True)
    if known.state not in USABLE:
        return None
    at = next_listen(place(known.id, "listening"), heard.now, heard.look, again_soon=heard.again_soon)
    values: dict[str, Any] = {"listen_at": at, "next_check_at": func.least(Connection.next_check_at, at)}
    on, was_on = heard.state is ListeningState.LISTENING, known.listening is ListeningState.LISTENING
    # A platform that is down says nothing about a subscription that stood.
    if not (was_on and heard.again_soon):
        problem = storable(dict(heard.problem)) if heard.problem is not None else None
        values |= {
            "listening": heard.state,
            "listening_since": (known.listening_since if was_on else heard.now) if on else None,
            "listening_problem": problem,
            "listening_to": sorted(heard.to) if on else known.listening_to,
        }
        if told(heard.state, problem) != told(known.listening, known.listening_problem) or (on and heard.anew):
            values |= {"updated_at": func.clock_timestamp(), "revision": Connection.revision + 1}
            said = {"platform": known.platform, "state": known.state, "listening": heard.state, "again": was_on}
            events.record(session, events.Event(PAST[on], "connection", known.id, {**said, **(problem or {})}))
    mine = (Connection.tenant_id == tenant_of(session), Connection.id == known.id)
    query = update(Connection).where(*mine).values(values).returning(Connection)
    changed: Connection | None = await session.scalar(
        query.execution_options(synchronize_session=False, populate_existing=True)
    )
    return changed
