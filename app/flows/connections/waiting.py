"""What waits for a connection: let it out when the account is back, hold it when it is lost, and say how much it was.

All of it in the caller's one transaction. The event says how many posts go out now and how many came too late, so
that whoever follows the connection can offer them (`releaseMissedJobs`).
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.park import release_connection
from app.domain.connections.model import Connection
from app.domain.jobs.missed import missed_of
from app.services import events

RELEASED = "connection.posts_released"


async def let_out(session: AsyncSession, connection: Connection, *, back: bool = True) -> None:
    """Release what is parked and inside its window. `back`: the account could not be used until now."""
    released = len(await release_connection(session, connection.id))
    missed = await missed_of(session, connection.id) if released or back else 0
    if released or missed:
        changes = {"state": connection.state, "platform": connection.platform, "released": released, "missed": missed}
        events.record(session, events.Event(RELEASED, "connection", connection.id, changes))
