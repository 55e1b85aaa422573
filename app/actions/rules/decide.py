"""Decide the publishing rules of a workspace or of one connection.

Promise: they hold for what is planned and for what is held back at this moment, which is looked at anew at once. A
default for late posts is taken by posts that are scheduled from now on. Who decided stands in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.rules.model import PublishingRules
from app.domain.rules.queries import Rules, rules
from app.kernel import ids
from app.services import events
from app.services.db import tenant_of


@dataclass(frozen=True, slots=True)
class Decide:
    """What is decided, for which connection; None: for the workspace."""

    decided: Rules
    connection_id: UUID | None = None


async def decide(session: AsyncSession, command: Decide) -> Rules:
    """Write the rules down; what was decided before is replaced."""
    tenant, quiet = tenant_of(session), command.decided.quiet
    values = {
        "id": ids.new(),
        "tenant_id": tenant,
        "connection_id": command.connection_id,
        "late_policy": command.decided.late_policy,
        "quiet": None if quiet is None else quiet.stored(),
    }
    new = insert(PublishingRules).values(values)
    written = {name: new.excluded[name] for name in ("late_policy", "quiet", "updated_at")}
    await session.execute(new.on_conflict_do_update(index_elements=["tenant_id", "connection_id"], set_=written))
    details = {"latePolicy": command.decided.late_policy, "quietHours": values["quiet"]}
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=tenant,
            actor=events.actor_of(session),
            verb="rules.decide",
            subject_kind="workspace" if command.connection_id is None else "connection",
            subject_id=command.connection_id or tenant,
            details=details,
        )
    )
    await session.flush()
    return await rules(session, command.connection_id)
