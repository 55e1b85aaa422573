"""Write down who did something to a connection that an administrator answers for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.connections.flow_model import OAuthFlow
from app.domain.connections.model import Connection
from app.kernel import ids
from app.services import events


async def audit_offer(session: AsyncSession, flow: OAuthFlow) -> None:
    """Add the line of a link by which somebody may connect an account, or reconnect one."""
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=flow.tenant_id,
            actor=flow.created_by,
            verb="connection.offer",
            subject_kind="platform" if flow.connection_id is None else "connection",
            subject_id=flow.connection_id,
            details={"platform": flow.platform},
        )
    )
    await session.flush()


async def audit(session: AsyncSession, verb: str, connection: Connection, details: dict[str, Any]) -> None:
    """Add a line to the audit log, in the name of whoever acts in this transaction."""
    session.add(
        AuditEntry(
            id=ids.new(),
            tenant_id=connection.tenant_id,
            actor=events.actor_of(session),
            verb=verb,
            subject_kind="connection",
            subject_id=connection.id,
            details=details,
        )
    )
    await session.flush()


def named(connection: Connection) -> dict[str, str]:
    """The account in words, for the details of a line."""
    return {"platform": connection.platform, "handle": connection.handle}
