"""Keep what of a delivery concerns a workspace, and give each notice its effect once.

Promise: a notice that was noted for a connection is never noted again, so that whoever makes its effects in the same
transaction makes them once: in whatever batches, how often and in which order the platform repeats itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.webhooks.model import WebhookDelivery, WebhookNotice, WebhookShare
from app.domain.webhooks.states import ShareState
from app.kernel import ids
from app.kernel.storable import storable
from app.services import events
from app.services.db import tenant_of

UNRECOGNISED: Final = "unrecognised"
"""The kind of a notice that was kept and not acted upon."""


@dataclass(frozen=True, slots=True)
class Note:
    """A notice as it is kept."""

    connection_id: UUID
    notice_key: str
    kind: str
    at: datetime
    details: dict[str, Any]


async def share_in(
    session: AsyncSession, delivery: WebhookDelivery, platform: str, state: ShareState, problem: str | None = None
) -> UUID:
    """Write how far the workspace's share of a delivery has come; gives its row."""
    said = {"state": state, "problem": storable(problem), "updated_at": func.clock_timestamp()}
    row = {
        "id": ids.new(),
        "tenant_id": tenant_of(session),
        "delivery_id": delivery.id,
        "platform": platform,
        "received_at": delivery.received_at,
    }
    query = insert(WebhookShare).values({**row, **said})
    unique = ["tenant_id", "delivery_id", "platform"]
    query = query.on_conflict_do_update(index_elements=unique, set_=said)
    found: UUID | None = await session.scalar(query.returning(WebhookShare.id))
    if found is None:
        raise RuntimeError("an upsert gave no row")
    return found


async def note(session: AsyncSession, share_id: UUID, given: Note) -> UUID | None:
    """Keep a notice; None where it was kept before, by this delivery or by another one.

    One that was kept as unrecognised has had no effect: where it is understood by now, it is kept as what it is.
    """
    row = {
        "id": ids.new(),
        "tenant_id": tenant_of(session),
        "share_id": share_id,
        "connection_id": given.connection_id,
        "notice_key": given.notice_key,
        "kind": given.kind,
        "at": given.at,
        "details": storable(given.details),
        "outcome": "",
    }
    unique = ["tenant_id", "connection_id", "notice_key"]
    known = insert(WebhookNotice).values(row)
    understood = (WebhookNotice.kind == UNRECOGNISED) & (known.excluded.kind != UNRECOGNISED)
    said = {name: known.excluded[name] for name in ("share_id", "kind", "at", "details", "outcome")}
    query = known.on_conflict_do_update(index_elements=unique, set_=said, where=understood)
    found: UUID | None = await session.scalar(query.returning(WebhookNotice.id))
    return found


async def conclude(session: AsyncSession, notice_id: UUID, outcome: str) -> None:
    """Write down what was done about a notice."""
    mine = (WebhookNotice.tenant_id == tenant_of(session), WebhookNotice.id == notice_id)
    query = update(WebhookNotice).where(*mine).values(outcome=outcome)
    await session.execute(query.execution_options(synchronize_session=False))


async def bury_shares(session: AsyncSession, delivery_id: UUID) -> None:
    """A delivery is dead: so is what of it waits in any workspace. For the system role."""
    waiting = (WebhookShare.delivery_id == delivery_id, WebhookShare.state == ShareState.WAITING)
    query = update(WebhookShare).where(*waiting).values(state=ShareState.DEAD)
    await session.execute(query.execution_options(synchronize_session=False))


async def forget_notices(
    session: AsyncSession, connection_id: UUID, *, but: Sequence[UUID] = (), until: datetime | None = None
) -> None:
    """Delete what was said about a connection, also in the event log, whose lines stay without their words.

    `until`: only what happened by then.
    """
    mine = [WebhookNotice.tenant_id == tenant_of(session), WebhookNotice.connection_id == connection_id]
    if until is not None:
        mine.append(WebhookNotice.at <= until)
    query = delete(WebhookNotice).where(*mine, WebhookNotice.id.not_in(but)).returning(WebhookNotice.id)
    gone = (await session.scalars(query.execution_options(synchronize_session=False))).all()
    await events.forget(session, gone)
