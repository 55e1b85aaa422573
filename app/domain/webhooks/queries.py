"""Reads of webhooks: a workspace's shares of deliveries under its fence, deliveries themselves by the system role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.webhooks.model import WebhookDelivery, WebhookNotice, WebhookShare
from app.domain.webhooks.states import DeliveryState, ShareState
from app.kernel.errors import NotFound
from app.services.db import tenant_of
from app.services.paging import Page, PageRequest, Sort, keyset, page

NEWEST_FIRST = (Sort(WebhookShare.received_at, descending=True), Sort(WebhookShare.id, descending=True))


@dataclass(frozen=True, slots=True)
class ShareFilter:
    """Which shares; a condition that is not stated does not narrow."""

    platform: str | None = None
    state: ShareState | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        found: list[ColumnElement[bool]] = []
        if self.platform is not None:
            found.append(WebhookShare.platform == self.platform)
        if self.state is not None:
            found.append(WebhookShare.state == self.state)
        return found


def shares(session: AsyncSession, wanted: ShareFilter) -> Select[WebhookShare]:
    """The statement that lists a workspace's shares, without an order."""
    return select(WebhookShare).where(WebhookShare.tenant_id == tenant_of(session), *wanted.conditions())


async def count(session: AsyncSession, wanted: ShareFilter) -> int:
    """How many shares there are."""
    query = select(func.count()).select_from(shares(session, wanted).subquery())
    return int(await session.scalar(query) or 0)


async def shares_page(session: AsyncSession, wanted: ShareFilter, request: PageRequest) -> Page[WebhookShare]:
    """One page of the workspace's shares, newest first.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    rows = (await session.scalars(keyset(shares(session, wanted), NEWEST_FIRST, request))).all()
    return page(rows, NEWEST_FIRST, request)


async def share(session: AsyncSession, share_id: UUID, *, lock: bool = False) -> WebhookShare:
    """One share.

    Raises:
        NotFound: no such share in this tenant.
    """
    query = select(WebhookShare).where(WebhookShare.tenant_id == tenant_of(session), WebhookShare.id == share_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(query)
    if row is None:
        raise NotFound("webhook delivery", path=("input", "deliveryId"))
    return row


async def notices_of(session: AsyncSession, keys: Sequence[UUID]) -> Sequence[WebhookNotice]:
    """The notices of shares, oldest first."""
    mine = (WebhookNotice.tenant_id == tenant_of(session), WebhookNotice.share_id.in_(keys))
    query = select(WebhookNotice).where(*mine).order_by(WebhookNotice.at, WebhookNotice.id)
    return (await session.scalars(query)).all()


async def deliveries_about(session: AsyncSession, connections: Sequence[UUID]) -> Sequence[UUID]:
    """The deliveries in which something was said about these connections."""
    query = (
        select(WebhookShare.delivery_id)
        .join(
            WebhookNotice,
            (WebhookNotice.tenant_id == WebhookShare.tenant_id) & (WebhookNotice.share_id == WebhookShare.id),
        )
        .where(WebhookShare.tenant_id == tenant_of(session), WebhookNotice.connection_id.in_(connections))
        .distinct()
    )
    return (await session.scalars(query)).all()


async def deliveries(
    session: AsyncSession, states: Sequence[DeliveryState], receiver: str | None, limit: int
) -> Sequence[WebhookDelivery]:
    """Deliveries of the installation, newest first. For the system role."""
    query = select(WebhookDelivery).where(WebhookDelivery.state.in_(states))
    if receiver is not None:
        query = query.where(WebhookDelivery.receiver == receiver)
    return (await session.scalars(query.order_by(WebhookDelivery.received_at.desc()).limit(limit))).all()


async def state_by_code(session: AsyncSession, receiver: str, code: str) -> DeliveryState | None:
    """How far a request of deletion has come; None where the code opens nothing. For the system role."""
    query = select(WebhookDelivery.state).where(
        WebhookDelivery.receiver == receiver, WebhookDelivery.confirmation_code == code
    )
    found: DeliveryState | None = await session.scalar(query)
    return found
