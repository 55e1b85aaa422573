"""The reference of the webhook benchmark: a hand-written route that proves a delivery and writes it, one INSERT each.

It does what a good programmer would write for just this: the HMAC of the raw body, a row in the same table that is
unique by the body's digest, an answer after it is committed. No limits, no log, no wake-up.
Served by `uvicorn --factory benchmarks.measuring.plain_webhook:factory`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

SECRET: Final = "SECRET_OF_THE_BENCHMARK"
"""Name in the environment: what deliveries are signed with."""
INSERT: Final = """
    INSERT INTO webhook_deliveries (id, receiver, callback, delivery_key, body, state, wake_at)
    VALUES ($1, 'plain', '', $2, $3, 'received', clock_timestamp() + interval '1 second')
    ON CONFLICT (receiver, delivery_key) DO NOTHING
"""


class PlainWebhook:
    """The route over one pool."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool = None
        self._secret = os.environ[SECRET].encode()

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Open the pool, as large as ours."""
        url = os.environ["POSTD_DATABASE_URL"]
        async with asyncpg.create_pool(url, min_size=10, max_size=20) as self._pool:
            yield

    async def take(self, request: Request) -> Response:
        """A delivery: proven, written down, answered."""
        body = await request.body()
        expected = f"sha256={hmac.digest(self._secret, body, 'sha256').hex()}"
        if not hmac.compare_digest(request.headers.get("x-hub-signature-256", ""), expected):
            return PlainTextResponse("not proven\n", 401)
        async with self._pool.acquire() as connection:
            await connection.execute(INSERT, uuid4(), f"sha256:{hashlib.sha256(body).hexdigest()}", body)
        return PlainTextResponse("ok\n")


def factory() -> Starlette:
    """The application."""
    plain = PlainWebhook()
    return Starlette(routes=[Route("/webhooks/meta", plain.take, methods=["POST"])], lifespan=plain.lifespan)
