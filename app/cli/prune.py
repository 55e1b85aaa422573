"""The command that deletes what has had its time, or says what would go."""

from __future__ import annotations

from typing import Annotated

import typer

from app.boot import surroundings
from app.cli.tenants import database
from app.flows.upkeep.prune import Pruned, old_rows
from app.flows.upkeep.prune import prune as prune_all
from app.kernel.settings import Settings

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count: nothing is deleted.")]
Batch = Annotated[int, typer.Option("--batch", min=1, max=100_000, help="Rows that one transaction deletes.")]
Pause = Annotated[float, typer.Option("--pause", min=0, max=60, help="Seconds between two transactions.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(prune)


def prune(dry_run: DryRun = False, batch: Batch = 2000, pause: Pause = 0.05) -> None:
    """Delete rows that are older than their retention setting, as the scheduler does every five minutes."""
    with surroundings.attached() as settings:
        for one in surroundings.run(_prune(settings, dry_run, batch, pause)):
            typer.echo(f"{one.table}  {one.rows}")


async def _prune(settings: Settings, dry_run: bool, batch: int, pause: float) -> list[Pruned]:
    async with database(settings) as db:
        if dry_run:
            return await old_rows(db, settings.timing)
        return await prune_all(db, settings.timing, batch=batch, pause=pause)
