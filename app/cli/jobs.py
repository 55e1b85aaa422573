"""The commands for jobs: tell the whole life of one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import orjson
import typer

from app.boot import surroundings
from app.cli.tenants import database, tenant_of
from app.flows.publishing.explain import Explained, explain
from app.kernel.settings import Settings
from connectors.catalog import Catalog
from schema.node import decode

app = typer.Typer(help="Jobs: one post on one connection.", no_args_is_help=True)

ACTOR = "cli"
Tenant = Annotated[str, typer.Option("--tenant", help="The workspace, by its slug.")]
JobId = Annotated[str, typer.Argument(help="The job, by its key or by the id that the API gives.")]
Zone = Annotated[str | None, typer.Option("--zone", help="By whose clock, e.g. Europe/Berlin.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command(name="explain")
def explain_job(tenant: Tenant, job: JobId, zone: Zone = None, json: Json = False) -> None:
    """Tell the whole life of a job: what happened, what comes next, what you can do."""
    print_story(tenant, job, zone, json=json)


def key_of(given: str) -> UUID:
    """A job's key, as it is or inside of the API's id.

    Raises:
        NotFound: it is neither.
    """
    try:
        return UUID(given)
    except ValueError:
        return decode(given, "Job")


def as_json(told: object) -> str:
    """For programs; ids as the database gives them are of a kind of its driver's own."""
    return orjson.dumps(told, default=str).decode()


def print_story(tenant: str, job: str, zone: str | None, *, json: bool) -> None:
    """Print one job's story."""
    with surroundings.attached() as settings:
        found = surroundings.run(_told(settings, tenant, key_of(job), zone))
    story = found.story
    if json:
        moments = [{"at": one.at, "text": one.text, "exchanges": one.exchanges} for one in story.told]
        told = {"id": found.job.id, "zone": found.zone.key, "moments": moments, "now": story.now, "next": story.next}
        typer.echo(as_json({**told, "nextAt": story.next_at, "options": story.options}))
        return
    for one in story.told:
        typer.echo(f"{one.at.astimezone(found.zone):%Y-%m-%d %H:%M:%S}  {one.text}")
        for exchange in one.exchanges:
            typer.echo(f"    {as_json(exchange)}")
    typer.echo(f"Now: {story.now}\nNext: {story.next}")
    for option in story.options:
        typer.echo(f"You can: {option}")


async def _told(settings: Settings, tenant: str, job_id: UUID, zone: str | None) -> Explained:
    async with database(settings) as db, db.read(await tenant_of(db, tenant)) as session:
        return await explain(session, Catalog.load(settings.connectors), job_id, zone)
