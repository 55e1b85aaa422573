"""Reads of people. Members and invitations under the tenant's fence; people and sessions by the system role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people.link_model import Invitation
from app.domain.people.model import Membership, Person
from app.domain.people.session_model import Session
from app.kernel.errors import NotFound
from app.services.db import tenant_of
from app.services.paging import Page, PageRequest, Sort, keyset, page

OLDEST_MEMBER_FIRST = (Sort(Membership.created_at), Sort(Membership.person_id))
NEWEST_INVITATION_FIRST = (Sort(Invitation.created_at, descending=True), Sort(Invitation.id, descending=True))


@dataclass(frozen=True, slots=True)
class Member:
    """A person as the workspace knows them."""

    person: Person
    membership: Membership


async def by_address(session: AsyncSession, address_key: str) -> Person | None:
    """The person of an address. For the system role."""
    return (await session.scalars(select(Person).where(Person.address_key == address_key))).one_or_none()


async def people(session: AsyncSession, keys: Sequence[UUID]) -> Mapping[UUID, Person]:
    """People by id. For the system role."""
    rows = await session.scalars(select(Person).where(Person.id.in_(keys)))
    return {row.id: row for row in rows}


async def memberships_of(session: AsyncSession, person_id: UUID) -> Sequence[Membership]:
    """Where a person is a member, oldest first. For the system role."""
    query = (
        select(Membership)
        .where(Membership.person_id == person_id)
        .order_by(Membership.created_at, Membership.tenant_id)
    )
    return (await session.scalars(query)).all()


async def last_workspace(session: AsyncSession, person_id: UUID) -> UUID | None:
    """The workspace that a person used last. For the system role."""
    query = select(Session.tenant_id).where(Session.person_id == person_id).order_by(Session.last_used_at.desc())
    found: UUID | None = await session.scalar(query.limit(1))
    return found


async def sessions_of(session: AsyncSession, person_id: UUID, now: datetime) -> Sequence[Session]:
    """A person's sessions that are open, in every workspace, the last used first. For the system role."""
    mine = (Session.person_id == person_id, Session.revoked_at.is_(None), Session.expires_at > now)
    return (await session.scalars(select(Session).where(*mine).order_by(Session.last_used_at.desc()))).all()


async def session_ids(session: AsyncSession, person_id: UUID) -> Sequence[UUID]:
    """The open sessions of a member in the session's own workspace."""
    mine = (Session.tenant_id == tenant_of(session), Session.person_id == person_id, Session.revoked_at.is_(None))
    return (await session.scalars(select(Session.id).where(*mine))).all()


async def membership(session: AsyncSession, person_id: UUID) -> Membership:
    """A member of the workspace.

    Raises:
        NotFound: they are none.
    """
    mine = (Membership.tenant_id == tenant_of(session), Membership.person_id == person_id)
    row = await session.scalar(select(Membership).where(*mine))
    if row is None:
        raise NotFound("member", path=("input", "memberId"))
    return row


def members(session: AsyncSession) -> Select[Membership]:
    """The statement that lists the workspace's members, without an order."""
    return select(Membership).where(Membership.tenant_id == tenant_of(session))


async def members_page(session: AsyncSession, request: PageRequest) -> Page[Membership]:
    """One page of the members, oldest first.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    rows = (await session.scalars(keyset(members(session), OLDEST_MEMBER_FIRST, request))).all()
    return page(rows, OLDEST_MEMBER_FIRST, request)


def open_invitations(session: AsyncSession, now: datetime) -> Select[Invitation]:
    """The statement that lists invitations which nobody has answered, without an order."""
    waiting = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now)
    return select(Invitation).where(Invitation.tenant_id == tenant_of(session), *waiting)


async def invitations_page(session: AsyncSession, now: datetime, request: PageRequest) -> Page[Invitation]:
    """One page of the invitations that nobody has answered, newest first.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    rows = (await session.scalars(keyset(open_invitations(session, now), NEWEST_INVITATION_FIRST, request))).all()
    return page(rows, NEWEST_INVITATION_FIRST, request)


async def how_many(session: AsyncSession, rows: Select[Membership] | Select[Invitation]) -> int:
    """How many rows a statement lists."""
    return int(await session.scalar(select(func.count()).select_from(rows.subquery())) or 0)
