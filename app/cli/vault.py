"""The commands for the vault: make a master key, re-wrap what an old one wraps, say what is left."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from app.actions.audit.everywhere import audit_everywhere
from app.boot import surroundings
from app.flows.runtime import running
from app.flows.upkeep.rotate import rotate as rotate_all
from app.flows.upkeep.rotate import usage
from app.kernel.settings import Settings
from app.services.vault import generate_key

app = typer.Typer(help="Master keys and the secrets that they wrap.", no_args_is_help=True)

ACTOR = "cli"


@app.command()
def key() -> None:
    """Make a master key. Put it first into POSTD_VAULT_KEYS and keep the old ones behind it."""
    typer.echo(generate_key())


@app.command()
def rotate() -> None:
    """Re-wrap every secret with the newest master key. No secret is opened; safe to repeat."""
    with surroundings.attached() as settings:
        done = surroundings.run(_rotate(settings))
    typer.echo(f"{done} re-wrapped")


@app.command()
def status() -> None:
    """Say how many secrets each master key wraps. A key with none can be taken out."""
    with surroundings.attached() as settings:
        counts = surroundings.run(_status(settings))
    for key_id, count in sorted(counts.items()):
        typer.echo(f"{key_id}  {count}")


async def _rotate(settings: Settings) -> int:
    async with running(settings, name="postd-cli") as rt:
        done = await rotate_all(rt)
        async with rt.db.system() as session:
            await audit_everywhere(session, ACTOR, "vault.rotate", "vault", {"secrets": done})
    return done


async def _status(settings: Settings) -> Mapping[str, int]:
    async with running(settings, name="postd-cli") as rt:
        return await usage(rt)
