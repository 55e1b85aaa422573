"""The simulated Mastodon as a process: a publish takes it about 50 ms, and its ledger says when it accepted what."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from app.boot.group import Child
from benchmarks.measuring import parts, requests
from benchmarks.measuring.requests import Target

HANDLE = "anna"
ANSWER = 0.05
"""Seconds that the platform takes before it acts."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Where it answers, and a token of one account of it."""

    url: str
    port: int
    token: str

    async def take(self, seconds: float) -> None:
        """Make each publish take so long from now on; to be said once."""
        slow = {"kind": "delay", "platform": "mastodon", "path": "/api/v1/statuses", "seconds": seconds, "times": None}
        await _order(self.port, "POST", "faults", dict(slow))

    async def accepted(self) -> dict[str, datetime]:
        """When each publish was accepted, by its Idempotency-Key."""
        answer = await requests.ask(Target(self.port, "GET", "/_sandbox/ledger?platform=mastodon", {}))
        return {post["key"]: datetime.fromisoformat(post["published_at"]) for post in orjson.loads(answer)["posts"]}


def process(folder: Path) -> Child:
    """The process, not started."""
    data = str(folder / "sandbox")
    ports = ("--bluesky-port", "0", "--mastodon-port", "0")
    return parts.python("platform", "-m", "app.cli", "sandbox", "--data", data, *ports, folder=folder)


async def ready(part: Child, folder: Path, seconds: float = ANSWER) -> Platform:
    """Wait until it answers; make an account and a token, lift the limits, and make each publish take so long.

    Raises:
        DidNotStart: it does not answer.
    """
    addresses, until = folder / "sandbox" / "addresses.json", time.monotonic() + parts.PATIENCE
    while not addresses.exists():
        if time.monotonic() > until or not part.running():
            raise parts.DidNotStart(f"The platform does not answer. Its output ends with:\n{parts.tail(part)}")
        await asyncio.sleep(0.05)
    url: str = orjson.loads(addresses.read_bytes())["mastodon"]
    port = int(url.rpartition(":")[2])

    await _order(port, "PATCH", "settings", {"rate_limits": False})
    await _order(port, "POST", "accounts", {"platform": "mastodon", "handle": HANDLE})
    granted = await _order(port, "POST", "tokens", {"platform": "mastodon", "handle": HANDLE})
    found = Platform(url, port, granted["access_token"])
    if seconds:
        await found.take(seconds)
    return found


async def _order(port: int, method: str, path: str, body: dict[str, object]) -> dict[str, str]:
    answer = await requests.ask(Target(port, method, f"/_sandbox/{path}", {}, orjson.dumps(body)))
    found: dict[str, str] = orjson.loads(answer)
    return found
