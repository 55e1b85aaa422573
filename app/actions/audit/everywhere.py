"""Write down what was done on the command line for the installation, in the log of every workspace that it concerns.

Whoever administers a workspace reads there who stopped its posts. For the system's transaction.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, cast, func, insert, literal, null, select
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.domain.tenants.model import Tenant
from app.services.callers import CALLER

EVERY: Select[UUID] = select(Tenant.id)


async def audit_everywhere(
    session: AsyncSession, actor: str, verb: str, kind: str, details: dict[str, Any], tenants: Select[UUID] = EVERY
) -> None:
    """Add one line a workspace: to all of them, or to those that a statement gives."""
    concerned, caller = tenants.distinct().subquery(), CALLER.get()
    values = {
        "id": func.gen_random_uuid(),
        "tenant_id": concerned.c[0],
        "actor": literal(actor),
        "verb": literal(verb),
        "subject_kind": literal(kind),
        "subject_id": null(),
        "details": cast(details, JSONB),
        "actor_name": literal(caller.name),
        "address": cast(caller.network_address, INET),
        "request_id": literal(caller.request_id),
    }
    columns = [getattr(AuditEntry, name) for name in values]
    await session.execute(insert(AuditEntry).from_select(columns, select(*values.values()), include_defaults=False))
