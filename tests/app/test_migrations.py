from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.domain.tables import metadata
from app.services import schema
from tests.fixtures.database import address, new_name, on_server
from tests.fixtures.servers import Services


@pytest.fixture
async def empty_url(services: Services) -> AsyncIterator[str]:
    name = new_name()
    await on_server(services, f'CREATE DATABASE "{name}"')
    yield address(services, name)
    await on_server(services, f'DROP DATABASE "{name}" WITH (FORCE)')


async def shape(url: str) -> list[tuple[object, ...]]:
    """Every column, index, constraint, policy and right, in an order."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            """
            SELECT 'column', table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT 'policy', tablename, policyname, roles::text || qual FROM pg_policies
            UNION ALL SELECT 'check', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT 'right', table_name, grantee || privilege_type, ''
            FROM information_schema.role_table_grants WHERE grantee IN ('postd_app', 'postd_system')
            ORDER BY 1, 2, 3, 4
            """
        )
    finally:
        await connection.close()
    return [tuple(row) for row in rows]


async def test_up_down_up(empty_url: str) -> None:
    await asyncio.to_thread(schema.upgrade, empty_url, metadata())
    first = await shape(empty_url)
    await asyncio.to_thread(schema.downgrade, empty_url, metadata(), "base")
    assert {row[1] for row in await shape(empty_url)} == {"alembic_version"}
    await asyncio.to_thread(schema.upgrade, empty_url, metadata())
    assert await shape(empty_url) == first


async def test_the_code_and_the_migrations_agree(migrated_url: str) -> None:
    await asyncio.to_thread(schema.check, migrated_url, metadata())


async def test_the_version_is_the_newest(migrated_url: str) -> None:
    connection = await asyncpg.connect(migrated_url)
    try:
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == schema.head()
    finally:
        await connection.close()
