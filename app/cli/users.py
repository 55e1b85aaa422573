"""The commands for people: the first administrator, and what an operator does when somebody is stuck."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from app.actions.people.end_sessions import end_all
from app.actions.people.note import note_everywhere
from app.actions.people.resets import make
from app.actions.people.standing import Standing, everybody, set_disabled
from app.boot import surroundings
from app.cli.tenants import database
from app.domain.people.queries import by_address
from app.flows.people.first_admin import ACTOR, FirstAdmin, create_admin
from app.flows.people.links import Kind, link
from app.flows.people.sessions import close_sockets
from app.kernel.errors import NotFound
from app.kernel.settings import Settings
from app.services.addresses import normalised
from app.services.bus import Bus
from app.services.db import Database
from connectors.secret import Secret

app = typer.Typer(help="People who sign in.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="The person's mail address.")]
Tenant = Annotated[str, typer.Option("--tenant", help="The workspace, by its slug; it is made if there is none.")]
Name = Annotated[str, typer.Option("--name", help="What they are called; by default the address.")]
Operator = Annotated[bool, typer.Option("--operator", help="Let them see and do what concerns the whole installation.")]
FromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
Undo = Annotated[bool, typer.Option("--undo", help="Let them sign in again.")]


@app.command(name="create-admin")
def create_admin_command(
    address: Address, tenant: Tenant, name: Name = "", operator: Operator = False, password_stdin: FromInput = False
) -> None:
    """Make an administrator of a workspace. Without a password on standard input a link to choose one is shown."""
    password = Secret(sys.stdin.readline().rstrip("\n")) if password_stdin else None
    wanted = FirstAdmin(address, tenant, name, password, operator)
    with surroundings.attached() as settings:
        shown = surroundings.run(_create_admin(settings, wanted))
    typer.echo(f"{address} administers {tenant}.", err=True)
    if shown is not None:
        typer.echo("The link works once, for an hour; whoever opens it chooses the password:", err=True)
        typer.echo(shown.reveal())


@app.command(name="list")
def list_people() -> None:
    """List everybody, with their workspaces."""
    with surroundings.attached() as settings:
        found = surroundings.run(_everybody(settings))
    for one in found:
        places = ", ".join(f"{slug} ({role})" for slug, role in one.places) or "no workspace"
        marks = [word for word, holds in (("operator", one.operator), ("disabled", one.disabled)) if holds]
        typer.echo("  ".join([one.address, one.name, places, *marks]))


@app.command()
def disable(address: Address, undo: Undo = False) -> None:
    """Keep a person from signing in; every session of theirs ends."""
    with surroundings.attached() as settings:
        ended = surroundings.run(_disable(settings, address, disabled=not undo))
    typer.echo("may sign in again" if undo else f"disabled, {ended} sessions ended")


@app.command(name="reset-password")
def reset_password(address: Address) -> None:
    """Show a link by which a person chooses a new password: it works once, for an hour."""
    with surroundings.attached() as settings:
        shown = surroundings.run(_reset(settings, address))
    typer.echo(shown.reveal())


async def _create_admin(settings: Settings, wanted: FirstAdmin) -> Secret | None:
    async with database(settings) as db:
        return await create_admin(db, settings, wanted, datetime.now(UTC))


async def _everybody(settings: Settings) -> Sequence[Standing]:
    async with database(settings) as db, db.system() as session:
        return await everybody(session)


async def _disable(settings: Settings, address: str, *, disabled: bool) -> int:
    now = datetime.now(UTC)
    ended: Sequence[UUID] = ()
    async with database(settings) as db:
        who = await _person(db, address)
        async with db.system() as session:
            await set_disabled(session, who, now if disabled else None)
            if disabled:
                ended = await end_all(session, who, now)
            verb = "person.disable"
            if not disabled:
                verb = "person.enable"
            await note_everywhere(session, who, actor=ACTOR, verb=verb, details={"sessions": len(ended)})
    if settings.redis_url is not None:
        bus = Bus(settings.redis_url.get_secret_value())
        await close_sockets(bus, ended)
        await bus.stop()
    return len(ended)


async def _reset(settings: Settings, address: str) -> Secret:
    async with database(settings) as db:
        who = await _person(db, address)
        async with db.system() as session:
            row = await make(session, who, datetime.now(UTC))
    return link(settings, Kind.RESET, row.id, row.expires_at)


async def _person(db: Database, address: str) -> UUID:
    async with db.system() as session:
        found = await by_address(session, normalised(address, ("address",)).key)
    if found is None:
        raise NotFound("person", hint="`postd users list` names everybody.")
    return found.id
