"""The database's schema: migrate it, and tell which version it has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncSession

import migrations
from app.services.db import asyncpg_url

FOLDER = Path(migrations.__file__).parent


def configure(url: str | None = None, metadata: MetaData | None = None) -> Config:
    """Alembic's configuration, made here so that no ini file has to be found."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s")
    if url is not None:
        config.attributes["url"] = asyncpg_url(url)
    config.attributes["metadata"] = metadata
    return config


def head() -> str:
    """The newest version that this release knows."""
    revision = ScriptDirectory.from_config(configure()).get_current_head()
    if revision is None:
        raise RuntimeError("no migration is installed: the package is incomplete, install it again")
    return revision


async def current(session: AsyncSession) -> str | None:
    """The version that the database has; None before the first migration."""
    if await session.scalar(text("SELECT to_regclass('public.alembic_version')")) is None:
        return None
    version: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def upgrade(url: str, metadata: MetaData, to: str = "head") -> None:
    """Bring the database to a version. Not from within an event loop."""
    command.upgrade(configure(url, metadata), to)


def downgrade(url: str, metadata: MetaData, to: str) -> None:
    """Take the database back to a version. Not from within an event loop."""
    command.downgrade(configure(url, metadata), to)


def check(url: str, metadata: MetaData) -> None:
    """Raise where the tables in the code and in the migrations differ."""
    command.check(configure(url, metadata))
