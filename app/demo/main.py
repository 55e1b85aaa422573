"""Plays the demo: starts everything, connects accounts on five platforms, shows a dozen posts go out live."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from ipaddress import IPv4Network
from uuid import UUID

from app.actions.keys.create import CreateKey
from app.actions.keys.create import create as create_key
from app.actions.tenants.create import create as create_tenant
from app.boot import surroundings
from app.boot.group import Child
from app.demo.api import Client, Refused
from app.demo.browser import Lost
from app.demo.scenes import Troupe
from app.demo.screen import Screen
from app.demo.stage import NotReady, Stage, staged
from app.demo.verdict import complaints
from app.domain.keys.model import Scope
from app.kernel.settings import Settings
from app.services.db import Database
from connectors.egress import EgressPolicy
from connectors.faults import PlatformFault
from connectors.http_pool import HttpPool
from connectors.secret import Secret
from connectors.transport import Transport

LOOPBACK = IPv4Network("127.0.0.0/8")
LOOK = 0.5
"""Seconds between two looks whether a part has died."""
LONGEST = 110
"""Seconds that the story may take."""


def play(*, once: bool) -> int:
    """Play the story; gives the exit status: 0 only if every post went out exactly once."""
    screen = Screen()
    with surroundings.embedded() as settings:
        screen.say("Starting five simulated platforms, the API, a worker and a scheduler ...")
        try:
            with staged(settings) as stage:
                return surroundings.run(_story(settings, stage, screen, once=once))
        except (NotReady, Lost, Refused, TimeoutError) as error:
            screen.close()
            screen.say(f"[red]The demo could not go on:[/] {str(error) or 'it took too long'}")
            return 1
        except KeyboardInterrupt:
            return 0


async def _story(settings: Settings, stage: Stage, screen: Screen, *, once: bool) -> int:
    key = await _workspace(settings)
    async with HttpPool(egress=EgressPolicy(allow=(LOOPBACK,))) as pool:
        http = Transport(pool)
        await _until_ready(http, stage)
        troupe = Troupe(stage, http, Client(http, stage.url, key), screen)
        async with asyncio.timeout(LONGEST):
            await troupe.connect()
            await troupe.refuse()
            async with asyncio.TaskGroup() as group:
                group.create_task(troupe.watch())
                await troupe.play()
        screen.close()
        found = complaints(await troupe.ledger())
        for complaint in found:
            screen.say(f"[red]{complaint}[/]")
        if not found:
            screen.say(
                "[green]Every post is on its platforms exactly once[/], the killed worker and the lost answer included."
            )
        if not once:
            await _stay(stage, screen, key)
    return 1 if found else 0


async def _stay(stage: Stage, screen: Screen, key: Secret) -> None:
    screen.say(f"\nThe planner:           {stage.url}/#key={key.reveal()}")
    screen.say(f"The playground:        {stage.url}/graphql#key={key.reveal()}")
    for name, url in stage.platforms.items():
        screen.say(f"{f'Simulated {name.title()}:':22} {url}")
    screen.say(f"Logs:                  {stage.logs}")
    screen.say("\nTry it: schedule a post, then kill a part of this with one of these lines. It is started again here.")
    for part in stage.parts:
        screen.say(kill_line(part))
    screen.say("Everything keeps running; stop it with Ctrl-C.")
    while True:
        await asyncio.sleep(LOOK)
        for part in stage.start_again():
            screen.say(f"[magenta]The {part.name} died and was started again.[/] Once more:")
            screen.say(kill_line(part))


def kill_line(part: Child) -> str:
    """The command that kills a part without warning, with all that it has started."""
    return f"  kill -9 -{part.process.pid if part.process else 0}   # {part.name}"


async def _workspace(settings: Settings) -> Secret:
    if settings.database_url is None:
        raise NotReady("There is no database.")
    db = Database(settings.database_url.get_secret_value(), name="postd-demo", size=2)
    try:
        async with db.system() as session:
            tenant: UUID = await create_tenant(session, f"demo-{time.time_ns() // 1_000_000:x}", "Demo workspace")
        async with db.transaction(tenant) as session:
            scopes = [scope for scope in Scope if scope is not Scope.OPERATOR]
            made = await create_key(session, CreateKey("demo", scopes, datetime.now(UTC), "demo"))
    finally:
        await db.close()
    return made.presented


async def _until_ready(http: Transport, stage: Stage) -> None:
    async def ready() -> bool:
        try:
            return (await http.send("GET", f"{stage.url}/readyz")).ok
        except PlatformFault:
            return False

    if not await _becomes(ready, 30):
        raise NotReady(f"The API did not become ready; read {stage.logs / 'api.log'}.")


async def _becomes(holds: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if await holds():
            return True
        await asyncio.sleep(0.1)
    return False
