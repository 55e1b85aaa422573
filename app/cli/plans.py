"""The commands for planned times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.boot import surroundings
from app.cli.tenants import database
from app.flows.publishing.replan import Moved, replan
from app.kernel.settings import Settings

app = typer.Typer(help="Planned times.", no_args_is_help=True)

Apply = Annotated[bool, typer.Option("--apply", help="Move them; without it they are only listed.")]


@app.callback()
def family() -> None:
    """Planned times."""


@app.command()
def recompute(apply: Apply = False) -> None:
    """Find the instants of planned local times anew: after an update of the zones' rules. Lists what moves."""
    with surroundings.attached() as settings:
        moved = surroundings.run(_recompute(settings, apply))
    for one in moved:
        typer.echo(f"{one.post_id}  {one.local} {one.zone}  {_moment(one.before)} -> {_moment(one.after)}")
    typer.echo(f"{len(moved)} posts {'were moved' if apply else 'would be moved: repeat it with --apply'}.")


async def _recompute(settings: Settings, apply: bool) -> list[Moved]:
    async with database(settings) as db:
        return [one async for one in replan(db, settings.timing, datetime.now(UTC), dry_run=not apply)]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
