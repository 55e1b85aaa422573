"""The reference of the GraphQL benchmarks: hand-written routes that give the same JSON by asyncpg and orjson.

They do what a good programmer would write for just these two documents: no schema, no key, no row-level security.
Served by `uvicorn --factory benchmarks.measuring.plain_api:factory`; the tenant stands in the path.
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PAGE = """
    SELECT id, state, labels, due_at, publish_by, revision, content
    FROM posts WHERE tenant_id = $1 ORDER BY due_at, id LIMIT $2
"""
JOBS = """
    SELECT jobs.id, jobs.post_id, jobs.state, jobs.due_at, jobs.wake_at, jobs.attempts, jobs.platform,
           connections.id AS connection_id, connections.state AS connection_state, handle, name,
           connections.url
    FROM jobs JOIN (SELECT id, state, handle, name, url FROM connections WHERE tenant_id = $1) AS connections
      ON connections.id = jobs.connection_id
    WHERE jobs.tenant_id = $1 AND post_id = ANY($2) ORDER BY jobs.id
"""
JOB = """
    SELECT jobs.id, jobs.state, due_at, wake_at, attempts, max_attempts, jobs.revision, content,
           connections.id AS connection_id, handle
    FROM jobs JOIN connections ON connections.tenant_id = $1 AND connections.id = jobs.connection_id
    WHERE jobs.tenant_id = $1 AND jobs.id = $2
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _node(kind: str, key: UUID) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{key.hex}".encode()).rstrip(b"=").decode()


def _cursor(at: datetime, key: UUID) -> str:
    values = [1, ["t", (at - _EPOCH) // timedelta(microseconds=1)], ["u", key.hex]]
    return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


def _job(row: Any) -> dict[str, Any]:
    account = {"handle": row["handle"], "name": row["name"], "url": row["url"]}
    return {
        "id": _node("Job", row["id"]),
        "state": row["state"].upper(),
        "dueAt": row["due_at"],
        "nextAttemptAt": row["wake_at"],
        "attemptCount": row["attempts"],
        "connection": {
            "id": _node("Connection", row["connection_id"]),
            "state": row["connection_state"].upper(),
            "account": account,
            "platform": {"key": row["platform"]},
        },
    }


def _post(row: Any, jobs: list[dict[str, Any]]) -> dict[str, Any]:
    content = row["content"]
    return {
        "id": _node("Post", row["id"]),
        "state": row["state"].upper(),
        "labels": row["labels"],
        "publishBy": row["publish_by"],
        "revision": row["revision"],
        "publishAt": {"at": row["due_at"]},
        "content": {"text": content["parts"][0]["text"], "languages": content["languages"]},
        "jobs": jobs,
    }


class PlainApi:
    """The routes over one pool."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool = None

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Open the pool, as large as ours."""
        url = os.environ["POSTD_DATABASE_URL"]
        async with asyncpg.create_pool(url, min_size=10, max_size=20, init=_read_json) as self._pool:
            yield

    async def page(self, request: Request) -> Response:
        """A page of posts with their jobs and connections."""
        tenant, first = UUID(request.path_params["tenant"]), int(request.query_params["first"])
        async with self._pool.acquire() as connection:
            posts = await connection.fetch(PAGE, tenant, first + 1)
            kept = posts[:first]
            jobs: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in kept}
            for row in await connection.fetch(JOBS, tenant, list(jobs)):
                jobs[row["post_id"]].append(_job(row))
        edges = [{"cursor": _cursor(row["due_at"], row["id"]), "node": _post(row, jobs[row["id"]])} for row in kept]
        info = {"hasNextPage": len(posts) > first, "endCursor": edges[-1]["cursor"] if edges else None}
        return _answer({"data": {"posts": {"edges": edges, "pageInfo": info}}})

    async def job(self, request: Request) -> Response:
        """One job."""
        tenant, key = UUID(request.path_params["tenant"]), UUID(request.path_params["id"])
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(JOB, tenant, key)
        job = {
            "id": _node("Job", row["id"]),
            "state": row["state"].upper(),
            "dueAt": row["due_at"],
            "nextAttemptAt": row["wake_at"],
            "attemptCount": row["attempts"],
            "maxAttempts": row["max_attempts"],
            "revision": row["revision"],
            "content": {"text": row["content"]["parts"][0]["text"]},
            "connection": {"id": _node("Connection", row["connection_id"]), "account": {"handle": row["handle"]}},
        }
        return _answer({"data": {"node": job}})


async def _read_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads)


def _answer(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def factory() -> Starlette:
    """The application."""
    api = PlainApi()
    routes = [Route("/{tenant}/page", api.page), Route("/{tenant}/jobs/{id}", api.job)]
    return Starlette(routes=routes, lifespan=api.lifespan)
