"""The sandbox as a whole: restarts, `kill -9`, one folder for one sandbox."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

import connectors
from connectors.sandbox.server import ADDRESSES, Sandbox
from tests.connectors.sandbox.clients import BlueskyClient, Control, DpopClient

PROGRAM = """
import asyncio, sys
from pathlib import Path
from connectors.sandbox.server import serve
asyncio.run(serve(Path(sys.argv[1]), 0, 0))
"""


class Process:
    """A sandbox in a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    async def __aenter__(self) -> dict[str, Any]:
        (self.data_dir / ADDRESSES).unlink(missing_ok=True)
        root = Path(connectors.__file__).parent.parent
        program = (sys.executable, "-c", PROGRAM, str(self.data_dir))
        self.process = await asyncio.create_subprocess_exec(*program, cwd=root, env={"PYTHONPATH": str(root)})
        async with asyncio.timeout(30):
            while not (self.data_dir / ADDRESSES).exists():
                assert self.process.returncode is None
                await asyncio.sleep(0.02)
        addresses: dict[str, Any] = json.loads((self.data_dir / ADDRESSES).read_text())
        return addresses

    async def __aexit__(self, *_error: object) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


async def test_posts_accounts_and_tokens_survive_kill_9(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    async with Process(tmp_path) as addresses:
        control = Control(http, addresses["bluesky"])
        alice = BlueskyClient(http, addresses["bluesky"])
        await alice.log_in()
        await control.ask("POST", "/accounts", {"platform": "mastodon", "handle": "carol"})
        token = (await control.ask("POST", "/tokens", {"platform": "mastodon", "handle": "carol"}))["access_token"]
        carol = {"authorization": f"Bearer {token}", "idempotency-key": "k1"}
        first = await http.post(f"{addresses['mastodon']}/api/v1/statuses", json={"status": "toot"}, headers=carol)
        cid = (await alice.put("sky")).json()["cid"]
    async with Process(tmp_path) as addresses:
        control = Control(http, addresses["bluesky"])
        alice.url = addresses["bluesky"]
        again = (await alice.put("sky")).json()
        assert (again["cid"], "commit" in again) == (cid, False)
        second = await http.post(f"{addresses['mastodon']}/api/v1/statuses", json={"status": "toot"}, headers=carol)
        assert second.json()["id"] == first.json()["id"]
        assert await control.texts("bluesky") == ["sky"]
        assert await control.texts("mastodon") == ["toot"]


async def test_an_oauth_session_survives_a_restart(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    async with Sandbox(tmp_path) as first:
        port = int(first.bluesky_url.rpartition(":")[2])
        client = DpopClient(http, first.bluesky_url)
        tokens = await client.connect(Control(http, first.bluesky_url))
    async with Sandbox(tmp_path, bluesky_port=port):
        assert (await client.refresh(tokens["refresh_token"])).status_code == 200


async def test_two_sandboxes_do_not_share_a_folder(tmp_path: Path, sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="another sandbox uses"):
        await Sandbox(tmp_path / "sandbox").start()
    assert sandbox.bluesky_url.startswith("http://127.0.0.1:")


async def test_a_taken_port_is_told_and_nothing_stays_open(tmp_path: Path, sandbox: Sandbox) -> None:
    taken = int(sandbox.mastodon_url.rpartition(":")[2])
    with pytest.raises(OSError, match="Address already in use"):
        await Sandbox(tmp_path / "other", mastodon_port=taken).start()
    async with Sandbox(tmp_path / "other") as other:
        assert other.mastodon_url != sandbox.mastodon_url


async def test_stopping_drops_held_requests_without_effect(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    async with Sandbox(tmp_path) as sandbox:
        control = Control(http, sandbox.bluesky_url)
        alice = BlueskyClient(http, sandbox.bluesky_url)
        await alice.log_in()
        fault = await control.fault("hold", path="/xrpc/com.atproto.repo.putRecord")
        request = asyncio.create_task(alice.put("held"))
        await control.ask("GET", f"/faults/{fault}?hits=1")
    with pytest.raises(httpx2.TransportError):
        await request
    assert (tmp_path / "ledger.jsonl").read_bytes() == b""
    assert not (tmp_path / ADDRESSES).exists()


async def test_another_name_can_be_given_to_clients(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    async with Sandbox(tmp_path, bluesky_url="http://sandbox.internal:2583") as sandbox:
        port = json.loads((tmp_path / ADDRESSES).read_text())
        assert sandbox.bluesky_url == port["bluesky"] == "http://sandbox.internal:2583"
        answer = await http.get(f"{sandbox.mastodon_url}/_sandbox/accounts", headers={"host": "sandbox.internal:2583"})
        assert answer.status_code == 200
