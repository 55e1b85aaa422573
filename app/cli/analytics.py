"""The commands for analytics: the figures of posts as a file."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app.boot import surroundings
from app.cli.tenants import database, tenant_of
from app.domain.figures.report import Question
from app.flows.figures.export import ExportFormat, export, span_of
from app.kernel.settings import Settings

app = typer.Typer(help="Analytics: what became of posts out there.", no_args_is_help=True)

Tenant = Annotated[str, typer.Option("--tenant", help="The workspace, by its slug.")]
Start = Annotated[str, typer.Option("--from", help="Where the span begins, such as 2026-11-01T00:00:00Z.")]
End = Annotated[str, typer.Option("--to", help="Where it ends, not included.")]
Platforms = Annotated[list[str] | None, typer.Option("--platform", help="Only this platform; may be repeated.")]
Form = Annotated[ExportFormat, typer.Option("--format", help="The form of the file.")]


@app.callback()
def family() -> None:
    """Analytics: what became of posts out there."""


@app.command(name="export")
def export_figures(
    tenant: Tenant, start: Start, end: End, platform: Platforms = None, form: Form = ExportFormat.CSV
) -> None:
    """Write the newest figures of the posts that went out in a span of time: one row a post."""
    question = Question(*span_of(start, end), "day", "UTC", platforms=tuple(platform) if platform else None)
    with surroundings.attached() as settings:
        surroundings.run(_write(settings, tenant, question, form))


async def _write(settings: Settings, tenant: str, question: Question, form: ExportFormat) -> None:
    async with database(settings) as db:
        async for piece in export(db, await tenant_of(db, tenant), question, form):
            sys.stdout.write(piece.decode())
