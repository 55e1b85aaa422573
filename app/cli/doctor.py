"""`postd doctor`: look at everything that this installation needs, and say what to do about each failure."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.boot import surroundings
from app.domain.processes.model import Process
from app.kernel.settings import Settings
from app.services import ffprobe, schema
from app.services.db import APP_ROLE, SYSTEM_ROLE, Database
from app.services.storage import StorageError, Store
from app.services.vault import Keyring, VaultError
from connectors.catalog import Catalog, UnknownPlatform


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    evidence: str
    remedy: str = ""


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
            findings = surroundings.run(examine(settings))
    except ValidationError as error:
        for item in error.errors():
            _say(Finding(f"setting {item['loc'][0]}", ok=False, evidence=item["msg"], remedy="See .env.example."))
        raise typer.Exit(1) from None
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
    found = [_vault(settings), _media(settings), _videos(settings), _platforms(settings), _public_url(settings)]
    found.append(await _redis(settings))
    if settings.database_url is None:
        remedy = "Set POSTD_DATABASE_URL to a PostgreSQL server, e.g. postgresql://user:password@host/postd"
        return [*found, Finding("database", ok=False, evidence="no address is set", remedy=remedy)]
    db = Database(settings.database_url.get_secret_value(), name="postd-doctor", size=2)
    try:
        for look in (_database, _schema, _roles, _processes):
            found.append(await _guarded(look, db, settings))
            if not found[-1].ok and look is not _processes:
                break
    finally:
        await db.close()
    return found


Look = Callable[[Database, Settings], Awaitable[Finding]]


async def _guarded(look: Look, db: Database, settings: Settings) -> Finding:
    name = look.__name__.strip("_")
    try:
        return await look(db, settings)
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        remedy = "Check POSTD_DATABASE_URL, that the server runs, and that `postd migrate` has run."
        return Finding(name, ok=False, evidence=cause, remedy=remedy)


async def _database(db: Database, _settings: Settings) -> Finding:
    async with db.app_engine.connect() as connection:
        version = str(await connection.scalar(text("SHOW server_version")))
    recent = int(version.split(".", maxsplit=1)[0]) >= 15
    return Finding("database", recent, f"PostgreSQL {version}", "" if recent else "Use PostgreSQL 15 or later.")


async def _schema(db: Database, _settings: Settings) -> Finding:
    async with db.system() as session:
        found = await schema.current(session)
    wanted = schema.head()
    return Finding("schema", found == wanted, f"{found}, this release has {wanted}", "Run `postd migrate`.")


async def _roles(db: Database, settings: Settings) -> Finding:
    query = text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname IN (session_user, current_user)")
    async with db.app_engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    strong = [row[0] for row in rows if row[1]]
    fenced = APP_ROLE not in strong and SYSTEM_ROLE not in strong
    ok = fenced and (not strong or not settings.production)
    evidence = f"bypass row security: {', '.join(strong)}" if strong else "row security holds for every role in use"
    return Finding("roles", ok, evidence, "" if ok else "Use a login that is neither superuser nor BYPASSRLS.")


async def _processes(db: Database, _settings: Settings) -> Finding:
    alive = datetime.now(UTC) - timedelta(seconds=30)
    async with db.system() as session:
        query = select(Process.role, func.count()).where(Process.seen_at > alive).group_by(Process.role)
        counts = {row[0]: int(row[1]) for row in (await session.execute(query)).all()}
    evidence = ", ".join(f"{count} {role}" for role, count in sorted(counts.items())) or "none is running"
    lacking = [role for role in ("api", "worker", "scheduler") if role not in counts]
    remedy = f"Start {' and '.join(f'`postd {role}`' for role in lacking)}, or `postd all`." if lacking else ""
    return Finding("processes", not lacking, evidence, remedy)


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        remedy = "Set POSTD_REDIS_URL to a Redis or Valkey server, e.g. redis://:password@host:6379/0"
        return Finding("redis", ok=False, evidence="no address is set", remedy=remedy)
    client: Redis = Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=3)
    try:
        info = await client.info("server")
    except (RedisError, OSError) as error:
        return Finding("redis", ok=False, evidence=str(error), remedy="Check POSTD_REDIS_URL and that the server runs.")
    finally:
        await client.aclose()
    return Finding("redis", ok=True, evidence=f"answers as {info.get('redis_version')}")


def _vault(settings: Settings) -> Finding:
    if settings.vault_keys is None:
        remedy = "Set POSTD_VAULT_KEYS to the output of `postd vault key`."
        return Finding("vault", ok=False, evidence="no master key is set", remedy=remedy)
    try:
        ring = Keyring.parse(settings.vault_keys.get_secret_value())
    except VaultError as error:
        return Finding("vault", ok=False, evidence=str(error), remedy="Correct POSTD_VAULT_KEYS.")
    return Finding("vault", ok=True, evidence=f"newest key {ring.newest}")


def _media(settings: Settings) -> Finding:
    try:
        Store.open(settings.media_store)
    except (StorageError, OSError, ValueError) as error:
        return Finding("media store", ok=False, evidence=str(error), remedy="Correct POSTD_MEDIA_STORE.")
    return Finding("media store", ok=True, evidence=settings.media_store)


def _videos(settings: Settings) -> Finding:
    program = ffprobe.found(settings.ffprobe)
    if program is not None:
        return Finding("videos", ok=True, evidence=f"looked into by {program}")
    evidence = "looked into by our own reader; with ffprobe (POSTD_FFPROBE) damage inside of them is found, too"
    return Finding("videos", ok=True, evidence=evidence)


def _platforms(settings: Settings) -> Finding:
    try:
        catalog = Catalog.load(settings.connectors)
    except UnknownPlatform as error:
        return Finding("platforms", ok=False, evidence=str(error), remedy="Correct POSTD_CONNECTORS.")
    names = ", ".join(connector.capabilities.name for connector in catalog.all())
    if catalog.broken:
        first = catalog.broken[0]
        return Finding(
            "platforms", ok=False, evidence=f"{first.entry_point}: {first.reason}", remedy="Mend the plug-in."
        )
    return Finding("platforms", ok=True, evidence=names)


def _public_url(settings: Settings) -> Finding:
    secure = settings.public_url.startswith("https://")
    ok = secure or not settings.production
    return Finding("public url", ok, settings.public_url, "" if ok else "Production needs https in POSTD_PUBLIC_URL.")


def _say(finding: Finding) -> None:
    mark = typer.style("ok  ", fg="green") if finding.ok else typer.style("FAIL", fg="red", bold=True)
    typer.echo(f"{mark} {finding.name}: {finding.evidence}")
    if finding.remedy and not finding.ok:
        typer.echo(f"     -> {finding.remedy}")
