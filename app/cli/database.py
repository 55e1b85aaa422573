"""The command that migrates the database."""

from __future__ import annotations

from typing import Annotated

import typer

from app.boot import surroundings
from app.domain.tables import metadata
from app.services import schema

Check = Annotated[
    bool,
    typer.Option("--check", help="Compare tables with migrations in a scratch database."),
]
Down = Annotated[str | None, typer.Option("--down", help="Go back to this version instead, e.g. 0003.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate(check: Check = False, down: Down = None) -> None:
    """Bring the database to this release's schema (with POSTD_MIGRATION_URL, the owner's login)."""
    if check:
        with surroundings.scratch_database() as url:
            schema.upgrade(url, metadata())
            schema.check(url, metadata())
        return
    settings = surroundings.load()
    url = surroundings.migration_url(settings)
    if down is not None:
        schema.downgrade(url, metadata(), down)
        typer.echo(f"The schema is at {down}.")
        return
    schema.upgrade(url, metadata())
    typer.echo(f"The schema is at {schema.head()}.")
