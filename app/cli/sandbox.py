"""The command that runs the simulated platforms."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import orjson
import typer

from app.boot import surroundings

Data = Annotated[Path, typer.Option("--data", help="Where accounts, posts and the ledger are kept.")]
BlueskyPort = Annotated[int, typer.Option("--bluesky-port", help="0 takes any free port.")]
MastodonPort = Annotated[
    int, typer.Option("--mastodon-port", help="0 takes any free port. LinkedIn and so on take the ones after it.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sandbox)


def sandbox(
    data: Data = Path(".postd/sandbox"), bluesky_port: BlueskyPort = 2583, mastodon_port: MastodonPort = 2584
) -> None:
    """Run simulated platforms on this machine, with real protocols and no account."""
    surroundings.run(_serve(data, bluesky_port, mastodon_port))


async def _serve(data: Path, bluesky_port: int, mastodon_port: int) -> None:
    # Imported here: what checks requests against the platforms' specs is not part of a production installation.
    from connectors.sandbox.server import CLOSED, Sandbox  # noqa: PLC0415 -- as said above

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Sandbox(data, bluesky_port, mastodon_port) as running:
        typer.echo(f"Simulated Bluesky:  {running.bluesky_url}")
        typer.echo(f"Simulated Mastodon: {running.mastodon_url}")
        for name, kind in CLOSED.items():
            typer.echo(f"Simulated {kind.title}: {running.url(name)}")
        typer.echo(f"POSTD_ENDPOINTS='{orjson.dumps(running.endpoints).decode()}'")
        typer.echo(f"POSTD_APPS='{orjson.dumps(running.apps).decode()}'")
        await stop.wait()
