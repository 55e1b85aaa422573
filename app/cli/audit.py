"""The commands for the audit log."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from app.boot import surroundings
from app.cli.jobs import as_json
from app.cli.tenants import database, tenant_of
from app.domain.audit.model import AuditEntry
from app.domain.audit.pages import AuditFilter, audit_page
from app.domain.audit.sentences import sentence
from app.flows.audit_names import names_of
from app.kernel.settings import Settings
from app.services.paging import MAX_SIZE, PageRequest

app = typer.Typer(help="The audit log.", no_args_is_help=True)


class Form(StrEnum):
    """How the lines are written."""

    CSV = "csv"
    JSON = "json"


Tenant = Annotated[str, typer.Option("--tenant", help="The workspace, by its slug.")]
Written = Annotated[Form, typer.Option("--format", help="csv, or json: one object a line.")]
Since = Annotated[datetime | None, typer.Option("--from", help="From this moment on, in UTC, e.g. 2026-01-31.")]
Until = Annotated[datetime | None, typer.Option("--to", help="Before this moment, in UTC.")]


@app.callback()
def family() -> None:
    """The audit log."""


@app.command()
def export(tenant: Tenant, form: Written = Form.CSV, since: Since = None, until: Until = None) -> None:
    """Write the audit log of a workspace to the standard output, newest first."""
    wanted = AuditFilter(since=_utc(since), until=_utc(until))
    with surroundings.attached() as settings:
        rows = surroundings.run(_read(settings, tenant, wanted))
    told = [_told(row, name) for row, name in rows]
    if form is Form.JSON:
        for one in told:
            typer.echo(as_json(one))
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(HEAD)
    for one in told:
        writer.writerow([_cell(as_json(value) if isinstance(value, dict) else value) for value in one.values()])


HEAD = ("at", "sentence", "verb", "actor", "name", "subjectKind", "subjectId", "address", "requestId", "details")


def _told(row: AuditEntry, name: str | None) -> dict[str, Any]:
    values = (
        row.at.isoformat(),
        sentence(row.verb, row.details, row.actor, name),
        row.verb,
        row.actor,
        name,
        row.subject_kind,
        row.subject_id and str(row.subject_id),
        row.address and str(row.address),
        row.request_id,
        row.details,
    )
    return dict(zip(HEAD, values, strict=True))


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: names in it were chosen by callers."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


async def _read(settings: Settings, tenant: str, wanted: AuditFilter) -> Sequence[tuple[AuditEntry, str | None]]:
    found: list[tuple[AuditEntry, str | None]] = []
    after: str | None = None
    async with database(settings) as db:
        tenant_id = await tenant_of(db, tenant)
        while True:
            async with db.read(tenant_id) as session:
                page = await audit_page(session, wanted, PageRequest(first=MAX_SIZE, after=after))
                names = await names_of(session, page.rows)
            found += [(row, row.actor_name or names.get(row.actor)) for row in page.rows]
            after = page.end
            if not page.has_next:
                return found
