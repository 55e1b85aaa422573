"""The long-running commands: api, worker, scheduler, all, dev."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from app.boot import surroundings
from app.boot.group import Child, run_group
from app.flows.boot import examine
from app.flows.runtime import NotConfigured, running
from app.flows.upkeep.presence import present
from app.graphql_frames import SocketProtocol
from app.kernel import memory, metrics, tether
from app.kernel.settings import Settings
from app.services.wakeups import WakeUps
from workers import process, scheduler
from workers.broker import make_broker

Reload = Annotated[bool, typer.Option("--reload", help="Start anew when a source file changes.")]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [str(ROOT / name) for name in ("app", "schema", "resolvers", "workers", "connectors")]
"""What `dev` watches."""
SHUTDOWN = 10
"""Seconds that open requests and sockets have to end."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(api)
    app.command()(worker)
    app.command(name="scheduler")(schedule)
    app.command(name="all")(everything)
    app.command()(dev)


def api(reload: Reload = False) -> None:
    """Serve the GraphQL API, its subscriptions, the playground and the probes."""
    settings = examined()
    uvicorn.run(
        "app.main:factory",
        factory=True,
        host=settings.host,
        port=settings.port,
        reload=reload,
        reload_dirs=SOURCES if reload else None,
        log_config=None,
        access_log=False,
        server_header=False,
        ws=SocketProtocol,
        ws_max_size=256 * 1024,
        ws_per_message_deflate=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=SHUTDOWN,
    )


def worker(reload: Reload = False) -> None:
    """Publish: run worker processes. More of them, on more machines, need the same settings and nothing else."""
    if reload:
        _reloading(worker)
        return
    raise typer.Exit(process.run(examined()))


def schedule(reload: Reload = False) -> None:
    """Offer due jobs to the workers. Any number may run."""
    if reload:
        _reloading(schedule)
        return
    surroundings.run(_schedule(examined()))


def _reloading(command: Callable[[], None]) -> None:
    """Run a command in a process of its own, and anew when a source file changes, until SIGTERM or SIGINT."""
    # Imported here: installations that serve do not need it.
    from watchfiles import PythonFilter, run_process  # noqa: PLC0415 -- only a development installation has it

    run_process(*SOURCES, target=_watched, args=(command,), watch_filter=PythonFilter())


def _watched(command: Callable[[], None]) -> None:
    tether.end_with_parent()
    try:
        command()
    except typer.Exit as done:
        sys.exit(done.exit_code)


async def _schedule(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if settings.metrics_port:
        metrics.listen(settings.host, settings.metrics_port)
    broker = make_broker(_redis(settings))
    async with AsyncExitStack() as stack:
        rt = await stack.enter_async_context(running(settings, name="postd-scheduler", listens=False))
        await stack.enter_async_context(present(rt, "scheduler"))
        memory.settle()
        await scheduler.run(rt, WakeUps(broker), stop)


def everything() -> None:
    """Run API, worker and scheduler for a small installation; embeds PostgreSQL and Valkey where none are set."""
    with surroundings.embedded() as settings:
        typer.echo(f"The API listens on http://{settings.host}:{settings.port}; stop with Ctrl-C.")
        raise typer.Exit(run_group(children()))


def dev() -> None:
    """Like `all`, and start anew when a source file changes."""
    with surroundings.embedded() as settings:
        typer.echo(f"The API listens on http://{settings.host}:{settings.port} and reloads; stop with Ctrl-C.")
        raise typer.Exit(run_group(children(reload=True)))


def children(*, reload: bool = False) -> list[Child]:
    """The three parts of a small installation as processes of their own."""
    me = [sys.executable, "-m", "app.cli"]
    options = ["--reload"] if reload else []
    return [Child(name, [*me, name, *options]) for name in ("api", "worker", "scheduler")]


def examined() -> Settings:
    """Settings that name both servers and that production may run with.

    Raises:
        NotConfigured, BootRefused: the message says what to do; no process was started.
    """
    settings = configured()
    if settings.production:
        surroundings.run(_examine(settings))
    return settings


async def _examine(settings: Settings) -> None:
    async with running(settings, name="postd-start") as rt:
        await examine(rt)


def configured() -> Settings:
    """Settings that name both servers.

    Raises:
        NotConfigured: one is missing; the message says what to set.
    """
    settings = surroundings.load()
    missing = [
        name
        for name, value in (("POSTD_DATABASE_URL", settings.database_url), ("POSTD_REDIS_URL", settings.redis_url))
        if value is None
    ]
    if missing:
        raise NotConfigured(
            f"Set {' and '.join(missing)} to the servers that this installation uses. "
            "`postd demo`, `postd dev` and `postd all` bring their own."
        )
    os.environ.setdefault("POSTD_ENVIRONMENT", settings.environment.value)
    return settings


def _redis(settings: Settings) -> str:
    if settings.redis_url is None:
        raise NotConfigured("Set POSTD_REDIS_URL to the Redis (or Valkey) server that this installation uses.")
    return settings.redis_url.get_secret_value()
