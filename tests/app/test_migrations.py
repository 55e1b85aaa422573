from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.domain.tables import metadata
from app.services import schema
from tests.fixtures.database import address, new_name, on_server
from tests.fixtures.servers import Services

OLD_ROWS = """
    INSERT INTO tenants (id, slug, name) VALUES ('00000000-0000-0000-0000-000000000001', 'old', 'Old');
    INSERT INTO connections (id, tenant_id, platform, external_id, kind, handle, name, server, state, method,
                             next_check_at)
    VALUES ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 'scripted', 'x', 'profile',
            '@x', 'X', 'https://x.example', 'healthy', 'oauth', now());
    INSERT INTO posts (id, tenant_id, content, labels, state, due_at, publish_by, late_policy, created_by)
    VALUES ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', '{}', '{a,b,a}',
            'scheduled', now(), now(), 'fail', 'tests');
    INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at, wake_at,
                      publish_by, max_attempts)
    VALUES ('00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000001',
            '00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000002', 'scripted', '{}',
            'scheduled', 1, now(), now(), now(), now(), 3)
"""


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


async def test_the_posts_that_are_there_get_their_terms(empty_url: str) -> None:
    """As an owner that no right lifts over the fence: the usual one outside of tests."""
    await asyncio.to_thread(schema.upgrade, empty_url, metadata(), "0008")
    connection = await asyncpg.connect(empty_url)
    login = f"{new_name()}_owner"
    try:
        await connection.execute(OLD_ROWS)
        await connection.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'x'; GRANT postd_app, postd_system TO {login}")
        for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            await connection.execute(f"ALTER TABLE {row['tablename']} OWNER TO {login}")
        await connection.execute(f"GRANT CREATE ON SCHEMA public TO {login}")
        parts = urlsplit(empty_url)
        theirs = parts._replace(netloc=f"{login}:x@{parts.netloc.rpartition('@')[2]}").geturl()
        await asyncio.to_thread(schema.upgrade, theirs, metadata())
        rows = await connection.fetch(
            "SELECT kind, term FROM post_terms JOIN posts ON posts.id = post_id AND posts.due_at = post_terms.due_at "
            "AND posts.created_at = post_terms.created_at ORDER BY kind, term"
        )
        forced = await connection.fetchval("SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname = 'posts'")
    finally:
        await connection.execute(f"DROP OWNED BY {login}; DROP ROLE {login}")
        await connection.close()
    account = "00000000-0000-0000-0000-000000000002"
    assert [tuple(row) for row in rows] == [
        ("connection", account),
        ("label", "a"),
        ("label", "b"),
        ("platform", "scripted"),
    ]
    assert forced
