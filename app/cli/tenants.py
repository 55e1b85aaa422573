"""The commands for tenants."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from app.actions.tenants.audited import audit
from app.actions.tenants.create import create as create_tenant
from app.actions.tenants.create import find
from app.actions.tenants.zone import set_zone
from app.boot import surroundings
from app.flows.publishing.explain import clock_of
from app.flows.runtime import NotConfigured
from app.kernel.errors import NotFound
from app.kernel.settings import Settings
from app.services.db import Database
from app.services.events import act_as

app = typer.Typer(help="Workspaces.", no_args_is_help=True)

ACTOR = "cli"
Slug = Annotated[str, typer.Argument(help="Its short name: small letters, digits and hyphens.")]
Name = Annotated[str, typer.Option("--name", help="Its name for people; by default the slug.")]


@app.command()
def create(slug: Slug, name: Name = "") -> None:
    """Make a tenant."""
    with surroundings.attached() as settings:
        tenant_id = surroundings.run(_create(settings, slug, name))
    typer.echo(f"{slug}  {tenant_id}")


@app.command()
def zone(slug: Slug, name: Annotated[str, typer.Argument(help="An IANA name, e.g. Europe/Berlin.")]) -> None:
    """Set the zone by whose clock the lives of this workspace's jobs are told."""
    with surroundings.attached() as settings:
        surroundings.run(_set_zone(settings, slug, clock_of(name).key))
    typer.echo(f"{slug}  {name}")


async def _set_zone(settings: Settings, slug: str, name: str) -> None:
    async with database(settings) as db, db.transaction(await tenant_of(db, slug)) as session:
        act_as(session, ACTOR)
        await set_zone(session, name)


async def _create(settings: Settings, slug: str, name: str) -> UUID:
    async with database(settings) as db, db.system() as session:
        act_as(session, ACTOR)
        tenant_id = await create_tenant(session, slug, name)
        await audit(session, tenant_id, "tenant.create", {"slug": slug})
    return tenant_id


def database(settings: Settings) -> _Opened:
    """The database for the time of a command."""
    if settings.database_url is None:
        raise NotConfigured("Set POSTD_DATABASE_URL to the PostgreSQL server that this installation uses.")
    return _Opened(settings.database_url.get_secret_value())


class _Opened:
    def __init__(self, url: str) -> None:
        self._db = Database(url, name="postd-cli", size=2)

    async def __aenter__(self) -> Database:
        return self._db

    async def __aexit__(self, *_: object) -> None:
        await self._db.close()


async def tenant_of(db: Database, slug: str) -> UUID:
    """The id of a tenant by its slug.

    Raises:
        NotFound: there is none.
    """
    async with db.system() as session:
        tenant_id = await find(session, slug)
    if tenant_id is None:
        raise NotFound("tenant", hint=f"Make it with `postd tenant create {slug}`.")
    return tenant_id
