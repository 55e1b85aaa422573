"""Workspaces whose posts really go out: connections with tokens of the simulated platform, and when their posts did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.services.db import Database
from app.services.vault import Keyring, Vault
from benchmarks.measuring import rows
from benchmarks.measuring.platform import Platform
from benchmarks.measuring.surroundings import Surroundings

WAITING = "SELECT count(*) FROM jobs WHERE post_id = ANY($1) AND state <> 'published'"
KEYS = "SELECT attempt_key, due_at FROM job_parts JOIN jobs ON jobs.id = job_parts.job_id WHERE post_id = ANY($1)"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant with its connections."""

    tenant: UUID
    targets: list[UUID]


async def filled(
    found: Surroundings, owner: asyncpg.Connection, where: Platform, *, count: int, connections: int
) -> list[Workspace]:
    """So many workspaces, each with so many connections."""
    vault = Vault(Keyring.parse(found.vault_keys))
    db = Database(found.database_url, name="benchmark", size=2)
    workspaces: list[Workspace] = []
    try:
        for number in range(count):
            tenant = (await rows.caller(db, f"workspace-{number}")).tenant
            targets = await rows.connections(owner, tenant, connections, where.url)
            await rows.tokens(owner, vault, tenant, targets, where.token)
            workspaces.append(Workspace(tenant, targets))
    finally:
        await db.close()
    return workspaces


async def published(owner: asyncpg.Connection, posts: list[UUID], patience: float) -> None:
    """Wait until all jobs of these posts are out, at most so many seconds."""
    async with asyncio.timeout(patience):
        while await owner.fetchval(WAITING, posts):  # noqa: ASYNC110 -- the database has no event for this
            await asyncio.sleep(0.5)  # it reads all of them: asked more often it would be a part of what is measured


async def lags(owner: asyncpg.Connection, where: Platform, posts: list[UUID]) -> list[float]:
    """From each planned instant to its acceptance by the platform, in seconds."""
    accepted = await where.accepted()
    return [
        (accepted[str(row["attempt_key"])] - row["due_at"]).total_seconds() for row in await owner.fetch(KEYS, posts)
    ]
