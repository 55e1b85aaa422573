"""The API server is killed under a subscriber: resumed behind its cursor, it sees each event once, in order."""

from __future__ import annotations

from schema.events import cursor_of
from tests.processes.installation import Installation
from tests.processes.parts import free_port
from tests.processes.serving import following, job_events, read_key, serving
from tests.processes.subscriber import Subscriber
from tests.processes.workspace import Workspace


async def test_a_subscriber_resumes_behind_its_cursor(installation: Installation, workspace: Workspace) -> None:
    port = free_port()
    server = await serving(installation, port)
    accounts = [*await workspace.both(), *await workspace.both()]
    key = await read_key(workspace)
    subscriber = Subscriber(f"ws://127.0.0.1:{port}/graphql", key, cursor_of(workspace.tenant, 0))
    async with following(subscriber):
        for number in range(5):
            await workspace.schedule([f"Number {number}"], accounts)
        await subscriber.has(30)
        server.kill()
        server = await serving(installation, port)
        await workspace.each_once()
        wanted = await job_events(workspace)
        await subscriber.has(len(wanted))
    assert [(one["event"]["cursor"], one["event"]["type"]) for one in subscriber.seen] == wanted
    assert [one["cursor"] for one in subscriber.seen] == [cursor for cursor, _ in wanted]
    assert subscriber.connections == 2
    last = {one["job"]["id"]: one["job"]["state"] for one in subscriber.seen}
    assert list(last.values()) == ["PUBLISHED"] * 20
    server.kill()
