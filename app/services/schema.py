"""The database's schema: migrate it, and tell which version it has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

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


async def answers(url: str) -> str:
    """The version of the server at an address, as its login sees it. Raises what the driver raises where none is."""
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool, connect_args={"timeout": 5})
    try:
        async with engine.connect() as connection:
            return str(await connection.scalar(text("SHOW server_version")))
    finally:
        await engine.dispose()


async def create_database(server: str, name: str) -> None:
    """Make an empty database on the server of that address."""
    await _maintain(server, f'CREATE DATABASE "{name}"')


async def drop_database(server: str, name: str) -> None:
    """Remove a database and whoever is in it."""
    await _maintain(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def named(server: str, name: str) -> str:
    """The address of another database on the same server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


async def _maintain(server: str, statement: str) -> None:
    engine = create_async_engine(asyncpg_url(server), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def upgrade(url: str, metadata: MetaData, to: str = "head") -> None:
    """Bring the database to a version. Not from within an event loop."""
    command.upgrade(configure(url, metadata), to)


def downgrade(url: str, metadata: MetaData, to: str) -> None:
    """Take the database back to a version. Not from within an event loop."""
    command.downgrade(configure(url, metadata), to)


def check(url: str, metadata: MetaData) -> None:
    """Raise where the tables in the code and in the migrations differ."""
    command.check(configure(url, metadata))
