"""Offer an address a place in the workspace, or take the offer back.

Promise: an address has one open invitation; a new one takes the place of an older one. Where mail is set up, the
invitation is mailed after the commit. Both acts stand in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.people.link_model import INVITATION_LIFE, Invitation
from app.domain.people.queries import open_invitations
from app.domain.people.roles import Role
from app.kernel import ids
from app.kernel.errors import NotFound
from app.services.addresses import Address
from app.services.db import tenant_of
from app.services.outbox import Letter, post


@dataclass(frozen=True, slots=True)
class Invite:
    """Whom, as what."""

    address: Address
    role: Role
    by_mail: bool
    now: datetime
    actor: str


async def invite(session: AsyncSession, command: Invite) -> Invitation:
    """Make the invitation."""
    tenant = tenant_of(session)
    older = (
        Invitation.tenant_id == tenant,
        Invitation.address_key == command.address.key,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    await session.execute(update(Invitation).where(*older).values(revoked_at=command.now))
    made = Invitation(
        id=ids.new(),
        tenant_id=tenant,
        address=command.address.written,
        address_key=command.address.key,
        role=command.role,
        invited_by=command.actor,
        by_mail=command.by_mail,
        created_at=command.now,
        expires_at=command.now + INVITATION_LIFE,
    )
    session.add(made)
    _note(session, made, command.actor, "member.invite")
    await session.flush()
    if command.by_mail:
        await post(session, Letter.INVITATION, made.id, command.now)
    return made


async def revoke_invitation(session: AsyncSession, invitation_id: UUID, *, now: datetime, actor: str) -> Invitation:
    """Take an open invitation back.

    Raises:
        NotFound: there is none that is open.
    """
    query = open_invitations(session, now).where(Invitation.id == invitation_id)
    row = await session.scalar(query.with_for_update())
    if row is None:
        raise NotFound("invitation", hint="`invitations` lists those that are open.", path=("input", "invitationId"))
    row.revoked_at = now
    _note(session, row, actor, "member.revoke_invitation")
    await session.flush()
    return row


def _note(session: AsyncSession, row: Invitation, actor: str, verb: str) -> None:
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=row.tenant_id,
            actor=actor,
            verb=verb,
            subject_kind="invitation",
            subject_id=row.id,
            details={"address": row.address, "role": row.role.value},
        )
    )
