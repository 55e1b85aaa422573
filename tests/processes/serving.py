"""An API server of the installation, and what its clients need: a key, and the events that they should have seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.actions.keys.create import CreateKey, create
from app.domain.keys.model import Scope
from app.services import events
from connectors.faults import PlatformFault
from connectors.secret import Secret
from schema.events import cursor_of
from tests.processes.installation import Installation
from tests.processes.parts import Part
from tests.processes.subscriber import Subscriber
from tests.processes.workspace import Workspace


async def serving(installation: Installation, port: int) -> Part:
    """Start the API server and return it once it answers."""
    url = f"http://127.0.0.1:{port}"
    more = {"POSTD_HOST": "127.0.0.1", "POSTD_PORT": str(port), "POSTD_PUBLIC_URL": url}
    server = installation.start("api", more)
    async with asyncio.timeout(60):
        while True:
            with suppress(PlatformFault):
                if (await installation.platforms.http.send("GET", f"{url}/readyz")).ok:
                    return server
            assert server.running, server.words()
            await asyncio.sleep(0.05)


@asynccontextmanager
async def following(subscriber: Subscriber) -> AsyncIterator[None]:
    """Let it follow for the time of the block."""
    task = asyncio.create_task(subscriber.follow())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def read_key(workspace: Workspace) -> Secret:
    """A key that may read."""
    async with workspace.rt.db.transaction(workspace.tenant) as session:
        made = await create(session, CreateKey("planner", [Scope.READ], workspace.rt.clock.now(), "test"))
    return made.presented


async def job_events(workspace: Workspace) -> list[tuple[str, str]]:
    """Every event of a job that there is, in order."""
    async with workspace.rt.db.read(workspace.tenant) as session:
        rows = await events.read_after(session, 0, 10_000)
    return [(cursor_of(row.tenant_id, row.seq), row.type) for row in rows if row.subject_kind == "job"]
