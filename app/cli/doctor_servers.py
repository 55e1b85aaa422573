"""What `postd doctor` asks the servers: Redis, PostgreSQL by both logins, and the rows that say how things are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.cli.finding import Finding
from app.domain.processes.model import Process
from app.flows.upkeep.prune import SLACK, old_rows
from app.flows.upkeep.rotate import closed_keys
from app.kernel.settings import Settings
from app.services import schema
from app.services.db import APP_ROLE, SYSTEM_ROLE, Database
from app.services.vault import Keyring, UnknownKey, Vault, VaultError


async def of_servers(settings: Settings) -> list[Finding]:
    """What the servers say. After the first thing that is wrong with the database, no more is asked of it."""
    found = [await _redis(settings)]
    if settings.migration_url is not None:
        found.append(await _migration_login(settings.migration_url.get_secret_value()))
    if settings.database_url is None:
        remedy = "Set POSTD_DATABASE_URL to a PostgreSQL server, e.g. postgresql://user:password@host/postd"
        return [*found, Finding("database", ok=False, evidence="no address is set", remedy=remedy)]
    db = Database(settings.database_url.get_secret_value(), name="postd-doctor", size=2)
    try:
        for look in (_database, _schema, _roles, _sealed_secrets, _processes, _old_rows):
            found.append(await _guarded(look, db, settings))
            if not found[-1].ok and look not in {_sealed_secrets, _processes, _old_rows}:
                break
    finally:
        await db.close()
    return found


async def _migration_login(url: str) -> Finding:
    name = "migration login"
    try:
        version = await schema.answers(url)
    except (SQLAlchemyError, OSError) as error:
        remedy = "Check POSTD_MIGRATION_URL: its server, user and password. `postd migrate` needs it."
        return Finding(name, ok=False, evidence=_cause(error), remedy=remedy)
    return Finding(name, ok=True, evidence=f"PostgreSQL {version}")


async def _sealed_secrets(db: Database, settings: Settings) -> Finding:
    name = "sealed secrets"
    try:
        ring = Keyring.parse("" if settings.vault_keys is None else settings.vault_keys.get_secret_value())
    except VaultError:
        return Finding(name, ok=False, evidence="no key to try", remedy="Correct POSTD_VAULT_KEYS first.")
    closed = await closed_keys(db, Vault(ring))
    if not closed:
        return Finding(name, ok=True, evidence="every key that is in use opens what it sealed")
    evidence = ", ".join(
        f"key {key_id} {'is not in POSTD_VAULT_KEYS' if isinstance(error, UnknownKey) else 'has other bytes there'}"
        for key_id, error in sorted(closed.items())
    )
    remedy = "Put the key that sealed them back behind the newest one; without it those accounts must be reconnected."
    return Finding(name, ok=False, evidence=evidence, remedy=remedy)


Look = Callable[[Database, Settings], Awaitable[Finding]]


async def _guarded(look: Look, db: Database, settings: Settings) -> Finding:
    name = look.__name__.strip("_").replace("_", " ")
    try:
        return await look(db, settings)
    except (SQLAlchemyError, OSError) as error:
        remedy = "Check POSTD_DATABASE_URL, that the server runs, and that `postd migrate` has run."
        return Finding(name, ok=False, evidence=_cause(error), remedy=remedy)


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


async def _old_rows(db: Database, settings: Settings) -> Finding:
    found = [one for one in await old_rows(db, settings.timing, behind=SLACK) if one.rows]
    evidence = ", ".join(f"{one.rows} of {one.table}" for one in found)
    if not found:
        return Finding("old rows", ok=True, evidence="no table holds what should have been deleted a day ago")
    remedy = "A running scheduler deletes them. `postd prune` does it now; `postd prune --dry-run` counts."
    return Finding("old rows", ok=False, evidence=f"past their time for more than a day: {evidence}", remedy=remedy)


def _cause(error: Exception) -> str:
    return (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]


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
