"""Incoming webhooks with real processes: a burst over HTTP, and a worker that is killed while it processes."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx2
import pytest

from app.actions.connections.connect import Connect, connect
from app.domain.connections.model import Connection
from connectors.contract import Account, AccountGrant, Tokens
from connectors.secret import Secret
from tests.fixtures.deliveries import APP_SECRET, comment, hub_signature
from tests.processes.installation import Installation
from tests.processes.workspace import Workspace

BURST = 1000
ENDED = "SELECT count(*) FROM webhook_deliveries WHERE state = $1 AND position($2::bytea IN body) > 0"


async def page(workspace: Workspace, name: str) -> Connection:
    grant = AccountGrant(Account(name, f"@{name}", name, "https://facebook.example"), Tokens(Secret("access")))
    async with workspace.rt.db.transaction(workspace.tenant) as session:
        command = Connect("facebook", grant, workspace.rt.clock.now(), timedelta(days=1))
        return await connect(session, workspace.rt.vault, command)


@pytest.fixture
async def api(installation: Installation) -> AsyncIterator[str]:
    """Give the address of an API process of the installation."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    apps = {"meta": {"client_id": "1", "client_secret": APP_SECRET}}
    part = installation.start("api", {"POSTD_PORT": str(port), "POSTD_APPS": json.dumps(apps)})
    url = f"http://127.0.0.1:{port}"
    async with asyncio.timeout(30), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(f"{url}/livez")).status_code == 200:
                    break
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
    yield url
    part.kill()


async def told(installation: Installation, workspace: Workspace) -> list[str]:
    """The words of the comments that the workspace was told of."""
    connection = await asyncpg.connect(installation.database_url)
    try:
        query = "SELECT changes->>'text' AS text FROM events WHERE tenant_id = $1 AND type = 'comment.added'"
        return [row["text"] for row in await connection.fetch(query, workspace.tenant)]
    finally:
        await connection.close()


async def processed(installation: Installation, account: str, count: int, within: float = 300) -> None:
    connection = await asyncpg.connect(installation.database_url)
    try:
        async with asyncio.timeout(within):
            while await connection.fetchval(ENDED, "done", account.encode()) < count:  # noqa: ASYNC110 -- looks from outside
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def test_a_burst_loses_none_and_each_is_processed_once(
    installation: Installation, workspace: Workspace, api: str
) -> None:
    account = f"burst-{workspace.tenant.hex}"
    await page(workspace, account)
    gate = asyncio.Semaphore(40)
    async with httpx2.AsyncClient(timeout=30) as http:

        async def send(number: int) -> int:
            body = comment(account, number)
            async with gate:
                answer = await http.post(f"{api}/webhooks/meta", content=body, headers=hub_signature(body))
            return answer.status_code

        # Every tenth comes twice, as platforms do.
        numbers = [*range(BURST), *range(0, BURST, 10)]
        assert set(await asyncio.gather(*map(send, numbers))) == {200}
    await processed(installation, account, BURST)
    assert sorted(await told(installation, workspace)) == sorted(f"hi {number}" for number in range(BURST))


async def test_a_worker_that_is_killed_while_it_processes(installation: Installation, workspace: Workspace) -> None:
    account = f"killed-{workspace.tenant.hex}"
    await page(workspace, account)
    body = comment(account)
    async with asyncpg.create_pool(installation.database_url, min_size=2, max_size=2) as pool:
        async with pool.acquire() as holder, holder.transaction():
            # Its effects cannot be committed: the tenant's event counter is held.
            await holder.execute("SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE", workspace.tenant)
            await pool.execute(
                "INSERT INTO webhook_deliveries (id, receiver, callback, delivery_key, body, state, wake_at) "
                "VALUES (gen_random_uuid(), 'meta', '', $1, $2, 'received', now())",
                account,
                body,
            )
            await installation.waiting_for_a_lock("postd-worker", 1)
            installation.one("worker").kill()
        installation.start("worker")
        await processed(installation, account, 1)
        query = "SELECT attempts FROM webhook_deliveries WHERE delivery_key = $1"
        assert await pool.fetchval(query, account) >= 2
    assert await told(installation, workspace) == ["hi 1"]
