"""Write deliveries down: many in one statement, each once.

Promise: after the commit each delivery is a row, by this call or by an earlier one; only then may the platform be
answered. A delivery that is there already is given as it is. For the system role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.webhooks.model import WebhookDelivery

INSERT = text(
    """
    INSERT INTO webhook_deliveries
        (id, receiver, callback, delivery_key, confirmation_code, body, state, wake_at)
    SELECT given.id, given.receiver, given.callback, given.delivery_key, nullif(given.code, ''), given.body,
           'received', clock_timestamp() + :look
    FROM unnest(cast(:ids AS uuid[]), cast(:receivers AS text[]), cast(:callbacks AS text[]), cast(:keys AS text[]),
                cast(:codes AS text[]), cast(:bodies AS bytea[]))
         AS given (id, receiver, callback, delivery_key, code, body)
    ON CONFLICT (receiver, delivery_key) DO NOTHING
    RETURNING id
    """
)


@dataclass(frozen=True, slots=True)
class Received:
    """One proven delivery."""

    id: UUID
    receiver: str
    callback: str
    delivery_key: str
    body: bytes
    confirmation_code: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The row of a delivery."""

    id: UUID
    new: bool
    """Whether this call has made it."""
    confirmation_code: str | None


async def receive(session: AsyncSession, given: Sequence[Received], *, look: timedelta) -> Sequence[Kept]:
    """Write the deliveries; gives their rows in the same order. The scheduler looks at new ones after `look`."""
    values = {
        "ids": [one.id for one in given],
        "receivers": [one.receiver for one in given],
        "callbacks": [one.callback for one in given],
        "keys": [one.delivery_key for one in given],
        "codes": [one.confirmation_code or "" for one in given],
        "bodies": [one.body for one in given],
        "look": look,
    }
    made = {row.id for row in await session.execute(INSERT, values)}
    known = await _known(session, [one for one in given if one.id not in made])
    return [
        Kept(one.id, new=True, confirmation_code=one.confirmation_code)
        if one.id in made
        else known[one.receiver, one.delivery_key]
        for one in given
    ]


async def _known(session: AsyncSession, given: Sequence[Received]) -> Mapping[tuple[str, str], Kept]:
    if not given:
        return {}
    table = WebhookDelivery
    names = tuple_(table.receiver, table.delivery_key)
    query = select(table.receiver, table.delivery_key, table.id, table.confirmation_code)
    rows = await session.execute(query.where(names.in_([(one.receiver, one.delivery_key) for one in given])))
    return {(receiver, key): Kept(known, new=False, confirmation_code=code) for receiver, key, known, code in rows}
