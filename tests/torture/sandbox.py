"""Runs the simulated platforms as a process, known to their clients by other addresses: those of the proxies."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from connectors.sandbox.server import CLOSED, Sandbox


async def main(data: Path, first: int, urls: Mapping[str, str]) -> None:
    """Serve on the ports from `first` on until killed."""
    closed = {name: urls[name] for name in CLOSED}
    async with Sandbox(
        data, first, first + 1, bluesky_url=urls["bluesky"], mastodon_url=urls["mastodon"], closed_urls=closed
    ) as sandbox:
        await sandbox.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), orjson.loads(sys.argv[3])))
