"""Why a process must not start: what production refuses, found before the first request.

Development logs the same findings and goes on.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.flows.runtime import Runtime
from app.services import schema
from app.services.db import APP_ROLE, SYSTEM_ROLE

log = structlog.get_logger(__name__)

ROLES = text(
    "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname IN (session_user, :app, :system) ORDER BY 1"
)


class BootRefused(Exception):
    """The installation is not safe to serve. The message lists why, each with what to do."""

    def __init__(self, reasons: list[str]) -> None:
        lines = "\n".join(f"  * {reason}" for reason in reasons)
        super().__init__(f"POSTD does not start in production as it is set up:\n{lines}")
        self.reasons = reasons


async def examine(rt: Runtime) -> None:
    """Stop the start in production where something is wrong; elsewhere say so in the log.

    Raises:
        BootRefused: the message lists every reason.
    """
    reasons = await refusals(rt)
    if reasons and rt.settings.production:
        raise BootRefused(reasons)
    for reason in reasons:
        log.warning("boot.not_for_production", reason=reason)


async def refusals(rt: Runtime) -> list[str]:
    """Every reason not to serve, in a fixed order; empty where all is well."""
    return [*_vault_key(rt), *_public_url(rt), *_log_level(rt), *await _database(rt)]


def _vault_key(rt: Runtime) -> list[str]:
    # `postd dev`, `demo` and `all` make a key of their own and keep it beside the data that it seals.
    made = rt.settings.data_dir / "vault_keys"
    keys = rt.settings.vault_keys
    if keys is None or not made.is_file() or made.read_text().strip() != keys.get_secret_value().strip():
        return []
    reason = f"The master key is the development key in {made}, beside the data that it seals."
    way_out = "Make another with `postd vault key`, set POSTD_VAULT_KEYS to it followed by the old one, and rotate."
    return [f"{reason} {way_out}"]


def _public_url(rt: Runtime) -> list[str]:
    url = rt.settings.public_url
    if urlsplit(url).scheme == "https":
        return []
    return [f"POSTD_PUBLIC_URL is {url}. Set it to the https origin under which browsers and platforms reach POSTD."]


def _log_level(rt: Runtime) -> list[str]:
    if rt.settings.log_level.upper() != "DEBUG":
        return []
    return ["POSTD_LOG_LEVEL is DEBUG, at which libraries say more than belongs into a log. Set it to INFO."]


async def _database(rt: Runtime) -> list[str]:
    try:
        async with rt.db.system() as session:
            return [*await _roles(session), *await _schema(session)]
    except (SQLAlchemyError, OSError) as error:
        reason = f"The database cannot be used ({type(error).__name__})."
        way_out = "Check POSTD_DATABASE_URL, then run `postd migrate`, which makes its roles and tables."
        return [f"{reason} {way_out}"]


async def _roles(session: AsyncSession) -> list[str]:
    rows = await session.execute(ROLES, {"app": APP_ROLE, "system": SYSTEM_ROLE})
    return [
        f"The database role {row.rolname} bypasses row-level security, so that one tenant could read another's rows. "
        f"Use a login that is neither a superuser nor has BYPASSRLS, and keep the owner for POSTD_MIGRATION_URL "
        f"(ALTER ROLE {row.rolname} NOSUPERUSER NOBYPASSRLS)."
        for row in rows
        if row.rolsuper or row.rolbypassrls
    ]


async def _schema(session: AsyncSession) -> list[str]:
    found, wanted = await schema.current(session), schema.head()
    if found == wanted:
        return []
    return [f"The database's schema is at {found or 'nothing'}, this release needs {wanted}. Run `postd migrate`."]
