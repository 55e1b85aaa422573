"""`postd doctor`: look at everything that this installation needs, and say what to do about each failure."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.boot import surroundings
from app.cli.doctor_mail import of_mail
from app.cli.doctor_servers import of_servers
from app.cli.doctor_settings import of_settings
from app.cli.doctor_videos import of_videos
from app.cli.finding import Finding
from app.domain.processes.model import Process
from app.kernel.settings import Settings, SettingsRefused
from app.services.db import Database

Probe = Annotated[
    str | None, typer.Option("--probe", help="Only say by the exit status whether this host's process of a role lives.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(probe: Probe = None) -> None:
    """Check settings, services, schema, roles, keys and processes; exit 1 when something has to be done."""
    try:
        with surroundings.attached(required=False) as settings:
            if probe is not None:
                raise typer.Exit(0 if surroundings.run(alive_here(settings, probe)) else 1)
            findings: Sequence[Finding] = surroundings.run(examine(settings))
    except SettingsRefused as refused:
        findings = [
            Finding(f"setting {name}", ok=False, evidence=reason, remedy="Correct it; .env.example has its meaning.")
            for name, reason in refused.faults
        ]
    for finding in findings:
        _say(finding)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


async def alive_here(settings: Settings, role: str) -> bool:
    """Whether a process of that role gives signs of life on this host: what a container's health check asks."""
    if settings.database_url is None:
        return False
    db = Database(settings.database_url.get_secret_value(), name="postd-probe", size=1)
    try:
        async with db.system() as session:
            alive = datetime.now(UTC) - timedelta(seconds=30)
            here = (Process.role == role, Process.host == socket.gethostname(), Process.seen_at > alive)
            return await session.scalar(select(Process.id).where(*here).limit(1)) is not None
    except (SQLAlchemyError, OSError):
        return False
    finally:
        await db.close()


async def examine(settings: Settings) -> Sequence[Finding]:
    """Every finding, in the order in which a person would mend them."""
    return [*of_settings(settings), await of_videos(settings), await of_mail(settings), *await of_servers(settings)]


def _say(finding: Finding) -> None:
    mark = typer.style("ok  ", fg="green") if finding.ok else typer.style("FAIL", fg="red", bold=True)
    typer.echo(f"{mark} {finding.name}: {finding.evidence}")
    if finding.remedy and not finding.ok:
        typer.echo(f"     -> {finding.remedy}")
