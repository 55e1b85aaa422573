"""Pages of the audit log, newest first, narrowed by who, what, about what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.audit.model import AuditEntry
from app.services.db import tenant_of
from app.services.paging import Page, PageRequest, Sort, keyset, page

NEWEST_FIRST: Final = (Sort(AuditEntry.at, descending=True), Sort(AuditEntry.id, descending=True))


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines; None means any."""

    actor: str | None = None
    verb: str | None = None
    subject: UUID | None = None
    since: datetime | None = None
    """From here on."""
    until: datetime | None = None
    """Before."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL."""
        found: list[ColumnElement[bool]] = []
        if self.actor is not None:
            found.append(AuditEntry.actor == self.actor)
        if self.verb is not None:
            found.append(AuditEntry.verb == self.verb)
        if self.subject is not None:
            found.append(AuditEntry.subject_id == self.subject)
        if self.since is not None:
            found.append(AuditEntry.at >= self.since)
        if self.until is not None:
            found.append(AuditEntry.at < self.until)
        return found


def entries(session: AsyncSession, wanted: AuditFilter) -> Select[AuditEntry]:
    """The statement that lists lines, without an order."""
    return select(AuditEntry).where(AuditEntry.tenant_id == tenant_of(session), *wanted.conditions())


async def count(session: AsyncSession, wanted: AuditFilter) -> int:
    """How many lines there are."""
    query = select(func.count()).select_from(entries(session, wanted).subquery())
    return int(await session.scalar(query) or 0)


async def audit_page(session: AsyncSession, wanted: AuditFilter, request: PageRequest) -> Page[AuditEntry]:
    """One page of lines, newest first.

    Raises:
        BadCursor: a cursor is not of this list.
    """
    rows = (await session.scalars(keyset(entries(session, wanted), NEWEST_FIRST, request))).all()
    return page(rows, NEWEST_FIRST, request)
