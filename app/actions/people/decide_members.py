"""Change what a member may do, or let them go.

Promise: the workspace keeps an administrator, also when two administrators act at once. What is decided holds for the
member's next call; the flow closes their sockets. Both acts stand in the audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.people.errors import LastAdmin
from app.domain.people.model import Membership
from app.domain.people.queries import session_ids
from app.domain.people.roles import Role
from app.kernel import ids
from app.kernel.errors import NotFound
from app.services.db import tenant_of


async def change_role(session: AsyncSession, person_id: UUID, role: Role, *, actor: str) -> Sequence[UUID]:
    """Give a member another role; gives their open sessions, which may do something else from now on.

    Raises:
        NotFound: no such member.
        LastAdmin: nobody would administer the workspace any more.
    """
    member = await _locked(session, person_id, stays_admin=role is Role.ADMIN)
    if member.role is role:
        return ()
    _note(session, person_id, actor, "member.change_role", {"from": member.role.value, "to": role.value})
    member.role = role
    await session.flush()
    return await session_ids(session, person_id)


async def remove(session: AsyncSession, person_id: UUID, *, actor: str) -> Sequence[UUID]:
    """Let a member go, with their sessions in this workspace; gives those that were open.

    Raises:
        NotFound: no such member.
        LastAdmin: as of `change_role`.
    """
    member = await _locked(session, person_id, stays_admin=False)
    ended = await session_ids(session, person_id)
    _note(session, person_id, actor, "member.remove", {"role": member.role.value})
    await session.flush()
    mine = (Membership.tenant_id == member.tenant_id, Membership.person_id == person_id)
    await session.execute(delete(Membership).where(*mine))
    return ended


async def _locked(session: AsyncSession, person_id: UUID, *, stays_admin: bool) -> Membership:
    """The member, with every administrator locked: two who let each other go would leave nobody."""
    wanted = or_(Membership.role == Role.ADMIN, Membership.person_id == person_id)
    query = select(Membership).where(Membership.tenant_id == tenant_of(session), wanted).order_by(Membership.person_id)
    rows = (await session.scalars(query.with_for_update())).all()
    member = next((row for row in rows if row.person_id == person_id), None)
    if member is None:
        raise NotFound("member", path=("input", "memberId"))
    admins = sum(row.role is Role.ADMIN for row in rows)
    if member.role is Role.ADMIN and not stays_admin and admins == 1:
        raise LastAdmin
    return member


def _note(session: AsyncSession, person_id: UUID, actor: str, verb: str, details: dict[str, str]) -> None:
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=tenant_of(session),
            actor=actor,
            verb=verb,
            subject_kind="person",
            subject_id=person_id,
            details=dict(details),
        )
    )
