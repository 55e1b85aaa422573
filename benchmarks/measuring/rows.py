"""Rows in bulk, written by the owner's login in SQL, as the application itself would leave them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import orjson

from app.actions.connections.tokens import CURRENT, pack
from app.actions.keys.create import CreateKey, create
from app.actions.tenants.create import create as create_tenant
from app.domain.connections.model import SealedTokens
from app.domain.keys.model import Scope
from app.kernel import ids
from app.kernel.clock import SystemClock
from app.services.db import Database
from app.services.vault import Place, Vault
from connectors.contract import Tokens
from connectors.secret import Secret

CONTENT = orjson.dumps(
    {
        "parts": [
            {
                "text": "The spring collection is here: thirty pieces, made to be worn for years. See it in our shop "
                "from Monday on, and tell us which one is yours. #spring #slowfashion",
                "media": [],
                "link": None,
            }
        ],
        "languages": ["en"],
        "options": {},
    }
).decode()
"""What every post says: about 350 bytes a row with the other columns."""

CONNECTIONS = """
    INSERT INTO connections (id, tenant_id, platform, external_id, kind, handle, name, server, url, state, method,
                             granted_scopes, last_ok_at, next_check_at)
    SELECT uuidv7(), $1, 'mastodon', 'https://social.example/accounts/' || n, 'profile',
           '@account' || n || '@social.example', 'Account ' || n, $3, 'https://social.example/@account' || n,
           'healthy', 'oauth', '{read,write}', now(), now() + interval '1 year'
    FROM generate_series(1, $2::int) AS n
    RETURNING id
"""

POSTS = """
    INSERT INTO posts (id, tenant_id, content, labels, state, due_at, publish_by, late_policy, created_by)
    SELECT uuidv7(), $1, $3::jsonb, '{spring,shop}', 'scheduled', $4::timestamptz + n * $5::interval,
           $4::timestamptz + n * $5::interval + interval '6 hours', 'fail', 'benchmark'
    FROM generate_series(1, $2::int) AS n
    RETURNING id
"""

JOBS = """
    INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at, wake_at,
                      publish_by, max_attempts)
    SELECT uuidv7(), $1, planned.id, target.id, 'mastodon', $3::jsonb, 'scheduled', 1, planned.due_at, planned.due_at,
           planned.due_at, planned.publish_by, 8
    FROM (SELECT id, due_at, publish_by, row_number() OVER (ORDER BY due_at, id) - 1 AS place
          FROM posts WHERE id = ANY($2::uuid[])) AS planned
    CROSS JOIN generate_series(0, $5::int - 1) AS copy
    JOIN unnest($4::uuid[]) WITH ORDINALITY AS target (id, place)
      ON target.place - 1 = (planned.place * $5 + copy) % cardinality($4)
"""

TERMS = """
    INSERT INTO post_terms (tenant_id, post_id, kind, term, due_at, created_at)
    SELECT DISTINCT posts.tenant_id, posts.id, found.kind, found.term, posts.due_at, posts.created_at
    FROM posts JOIN jobs ON jobs.tenant_id = posts.tenant_id AND jobs.post_id = posts.id,
         LATERAL (SELECT 'platform', jobs.platform UNION ALL SELECT 'connection', jobs.connection_id::text
                  UNION ALL SELECT 'label', unnest(posts.labels)) AS found (kind, term)
    WHERE posts.id = ANY($1::uuid[])
"""

PARTS = """
    INSERT INTO job_parts (id, tenant_id, job_id, position, attempt_key, composed_at)
    SELECT uuidv7(), tenant_id, id, 0, gen_random_uuid(), now() FROM jobs WHERE post_id = ANY($1::uuid[])
"""

GATE = """
    UPDATE tenant_gates SET next_wake_at = coalesce(
        (SELECT min(wake_at) FROM jobs WHERE jobs.tenant_id = tenant_gates.tenant_id), '9999-12-31 00:00Z')
    WHERE tenant_id = $1
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """A tenant and a key of it."""

    tenant: UUID
    key: str


async def caller(db: Database, slug: str) -> Caller:
    """A tenant with a key that may do everything, made by the application's own verbs."""
    async with db.system() as session:
        tenant = await create_tenant(session, slug, slug)
    async with db.transaction(tenant) as session:
        command = CreateKey("benchmark", tuple(Scope), SystemClock().now(), "benchmark")
        made = await create(session, command)
    return Caller(tenant, made.presented.reveal())


async def connections(
    owner: asyncpg.Connection, tenant: UUID, count: int, server: str = "https://social.example"
) -> list[UUID]:
    """Healthy connections without tokens."""
    return [row["id"] for row in await owner.fetch(CONNECTIONS, tenant, count, server)]


async def posts(
    owner: asyncpg.Connection,
    tenant: UUID,
    count: int,
    targets: list[UUID],
    *,
    start: datetime,
    every: float,
    jobs: int,
) -> list[UUID]:
    """Scheduled posts, `every` seconds apart from `start` on, each with its jobs and their parts; the gate follows.

    The targets are used in turn, so that neighbouring jobs are of different connections.
    """
    keys = [row["id"] for row in await owner.fetch(POSTS, tenant, count, CONTENT, start, timedelta(seconds=every))]
    await owner.execute(JOBS, tenant, keys, CONTENT, targets, jobs)
    await owner.execute(TERMS, keys)
    await owner.execute(PARTS, keys)
    await owner.execute(GATE, tenant)
    return keys


async def tokens(owner: asyncpg.Connection, vault: Vault, tenant: UUID, targets: list[UUID], token: str) -> None:
    """Give connections the same sealed access token."""
    packed = pack(Tokens(Secret(token)))
    records: list[tuple[object, ...]] = []
    for target in targets:
        blob = vault.seal(packed, Place(tenant, SealedTokens.__tablename__, target, CURRENT))
        records.append((ids.new(), tenant, target, CURRENT, blob, vault.kek_of(blob), 1))
    columns = ["id", "tenant_id", "connection_id", "field", "blob", "kek_id", "version"]
    await owner.copy_records_to_table(SealedTokens.__tablename__, records=records, columns=columns)
