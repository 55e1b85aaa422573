"""The commands for platforms: which ones are left alone, and switching one off and on by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from app.actions.audit.everywhere import audit_everywhere
from app.actions.breakers.pause import Pause, pause
from app.boot import surroundings
from app.cli.tenants import database
from app.domain.breakers.model import Breaker
from app.domain.breakers.queries import standing
from app.flows.limits.switch import known, switched_on
from app.kernel.settings import Settings
from connectors.catalog import Catalog

app = typer.Typer(help="Platforms: which are left alone, and switching one off and on.", no_args_is_help=True)

ACTOR = "operator"

Platform = Annotated[str, typer.Argument(help="Its short name, e.g. bluesky.")]
Reason = Annotated[str, typer.Option("--reason", help="Why: everybody whose posts wait is told it.")]


@app.command(name="list")
def list_platforms() -> None:
    """List the platforms; those that are left alone with the reason."""
    with surroundings.attached() as settings:
        keys = [one.capabilities.key for one in Catalog.load(settings.connectors).all()]
        found = surroundings.run(_standing(settings))
    for key in keys:
        held = [one for one in found if one.platform == key]
        typer.echo("\n".join(_line(one) for one in held) if held else f"{key}  closed")


@app.command(name="pause")
def pause_platform(platform: Platform, reason: Reason) -> None:
    """Switch a platform off for the whole installation. Its posts wait; what was sent is not taken back."""
    with surroundings.attached() as settings:
        surroundings.run(_pause(settings, platform, reason))
    typer.echo(f"{platform}  paused")


@app.command(name="resume")
def resume_platform(platform: Platform) -> None:
    """Switch a platform on. What waited goes out, spread over a time."""
    with surroundings.attached() as settings:
        waiting = surroundings.run(_resume(settings, platform))
    typer.echo(f"{platform}  closed  {waiting} posts go out")


def _line(row: Breaker) -> str:
    probe = "" if row.next_probe_at is None else f"  next call {row.next_probe_at:%Y-%m-%d %H:%M:%S}"
    where = f"  {row.host}" if row.host else ""
    since = f"since {row.since:%Y-%m-%d %H:%M:%S}"
    return f"{row.platform}  {row.state}  {row.operation}{where}  {since}{probe}  {row.reason}"


async def _standing(settings: Settings) -> Sequence[Breaker]:
    async with database(settings) as db, db.system() as session:
        return await standing(session)


async def _pause(settings: Settings, platform: str, reason: str) -> None:
    key = known(Catalog.load(settings.connectors), platform)
    async with database(settings) as db, db.system() as session:
        await pause(session, Pause(key, reason, ACTOR))
        await audit_everywhere(session, ACTOR, "platform.pause", "platform", {"platform": key, "reason": reason})


async def _resume(settings: Settings, platform: str) -> int:
    key = known(Catalog.load(settings.connectors), platform)
    async with database(settings) as db, db.system() as session:
        waiting = await switched_on(session, key, ACTOR, settings.timing)
        await audit_everywhere(session, ACTOR, "platform.resume", "platform", {"platform": key, "released": waiting})
    return waiting
