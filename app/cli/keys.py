"""The commands for API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from app.actions.keys.create import CreateKey, KeyCreated
from app.actions.keys.create import create as create_key
from app.actions.keys.revoke import revoke as revoke_key
from app.boot import surroundings
from app.cli.tenants import database, tenant_of
from app.domain.keys.model import ApiKey, Scope
from app.kernel.settings import Settings
from app.services.bus import Bus

app = typer.Typer(help="API keys.", no_args_is_help=True)

Tenant = Annotated[str, typer.Option("--tenant", help="The workspace, by its slug.")]
Name = Annotated[str, typer.Option("--name", help="What the key is for.")]
Scopes = Annotated[list[Scope], typer.Option("--scope", help="What it may do; may be given several times.")]
Days = Annotated[int | None, typer.Option("--days", min=1, help="It expires after so many days.")]
ACTOR = "cli"


@app.command()
def create(tenant: Tenant, name: Name, scope: Scopes = [Scope.READ], days: Days = None) -> None:  # noqa: B006 -- typer reads it
    """Make a key and show it, once."""
    with surroundings.attached() as settings:
        made = surroundings.run(_create(settings, tenant, name, scope, days))
    typer.echo(f"{made.key.id}  {', '.join(made.key.scopes)}", err=True)
    typer.echo(made.presented.reveal())


@app.command(name="list")
def list_keys(tenant: Tenant) -> None:
    """List a tenant's keys."""
    with surroundings.attached() as settings:
        keys = surroundings.run(_list(settings, tenant))
    for key in keys:
        ended = "revoked" if key.revoked_at else f"expires {key.expires_at:%Y-%m-%d}" if key.expires_at else "lives"
        used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
        typer.echo(f"{key.id}  {key.name}  {', '.join(key.scopes)}  {ended}  {used}")


@app.command()
def revoke(tenant: Tenant, key_id: Annotated[UUID, typer.Argument(help="From `postd keys list`.")]) -> None:
    """Revoke a key; its sockets are closed at once."""
    with surroundings.attached() as settings:
        surroundings.run(_revoke(settings, tenant, key_id))
    typer.echo("revoked")


async def _create(settings: Settings, tenant: str, name: str, scopes: Sequence[Scope], days: int | None) -> KeyCreated:
    now = datetime.now(UTC)
    command = CreateKey(name, scopes, now, ACTOR, now + timedelta(days=days) if days else None)
    async with database(settings) as db, db.transaction(await tenant_of(db, tenant)) as session:
        return await create_key(session, command)


async def _list(settings: Settings, tenant: str) -> Sequence[ApiKey]:
    async with database(settings) as db:
        tenant_id = await tenant_of(db, tenant)
        async with db.read(tenant_id) as session:
            query = select(ApiKey).where(ApiKey.tenant_id == tenant_id).order_by(ApiKey.created_at)
            return (await session.scalars(query)).all()


async def _revoke(settings: Settings, tenant: str, key_id: UUID) -> None:
    async with database(settings) as db, db.transaction(await tenant_of(db, tenant)) as session:
        await revoke_key(session, key_id, now=datetime.now(UTC), actor=ACTOR)
    if settings.redis_url is not None:
        bus = Bus(settings.redis_url.get_secret_value())
        await bus.announce_revoked(key_id)
        await bus.stop()
