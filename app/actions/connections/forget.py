"""Let go of what a connection gave us: its tokens, and what was fetched of the person behind it.

Promise: after the commit no table holds a token of the account in any form, its picture, its display name, its
profile's address, what the user typed to connect it, figures of it or of its posts, or what the platform answered
about it. What is the workspace's
own history stays: its posts, its jobs with their outcomes, and which account they went to (platform, id and handle,
without which "published" would say nothing and the same account could not be connected again to its history).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import destroy
from app.domain.connections.flow_model import OAuthFlow
from app.domain.connections.listening import SILENT
from app.domain.connections.model import Connection
from app.domain.figures.model import Collection
from app.domain.jobs.model import Job, JobAttempt
from app.services.db import tenant_of

LEFT: dict[str, Any] = {
    "name": Connection.handle,
    "url": None,
    "avatar_url": None,
    "granted_scopes": [],
    "account_limits": {},
    "token_expires_at": None,
    "refreshes_itself": False,
    "renewed_at": None,
    "life_began_at": None,
    "refresh_failures": 0,
    **SILENT,
    # A refresh whose answer comes now must not put tokens back.
    "token_version": Connection.token_version + 1,
}
"""What the row holds afterwards, in place of what was fetched."""


async def forget(session: AsyncSession, connection: Connection) -> None:
    """Delete it, in the caller's transaction. The row itself is brought to `LEFT` by the transition that ends it."""
    tenant = tenant_of(session)
    await destroy(session, connection.id)
    ways = or_(
        OAuthFlow.connection_id == connection.id,
        OAuthFlow.result.contains({"connections": [str(connection.id)]}),
    )
    await session.execute(delete(OAuthFlow).where(OAuthFlow.tenant_id == tenant, ways))
    # Snapshots, the newest figures of posts, and the runs go with the clock.
    await session.execute(
        delete(Collection).where(Collection.tenant_id == tenant, Collection.connection_id == connection.id)
    )
    theirs = select(Job.id).where(Job.tenant_id == tenant, Job.connection_id == connection.id)
    mine = (JobAttempt.tenant_id == tenant, JobAttempt.job_id.in_(theirs), JobAttempt.exchanges != [])
    await session.execute(update(JobAttempt).where(*mine).values(exchanges=[]))
