"""See to it that platforms tell us what happens on the accounts, and that they stop with the last one that needs it.

Promise: connecting never fails by it and never waits long for it; what could not be arranged stands on the connection
with a sentence and is tried again when the monitor looks. A subscription is ended only where no other connection of
any workspace stands behind it. No transaction is open while a platform is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from app.actions.connections.judge import reason
from app.actions.connections.listening import Heard, note_listening
from app.domain.connections.listening import ListeningState, due
from app.domain.connections.model import Connection
from app.domain.connections.queries import listened_elsewhere
from app.domain.connections.states import USABLE
from app.flows.connections.access import held
from app.flows.runtime import Runtime
from app.flows.webhooks.senders import unready
from app.services import events
from connectors.capabilities import ConnectBy
from connectors.catalog import UnknownPlatform
from connectors.contract import Access, Listens
from connectors.faults import Fault, FaultKind, PlatformFault
from connectors.listening import Listening

log = structlog.get_logger(__name__)

PATIENCE: Final = 10.0
"""Seconds that a user who connects accounts waits for it at most; the rest is the monitor's."""
AT_ONCE: Final = 4
"""Accounts that are asked for at the same time."""
PASSING: Final = frozenset(
    {
        FaultKind.PLATFORM_DOWN,
        FaultKind.RATE_LIMITED,
        FaultKind.QUOTA_EXHAUSTED,
        FaultKind.NO_ANSWER,
        FaultKind.UNREACHABLE,
    }
)
"""Kinds that say nothing about the account: asked again soon."""
OF_POSTS: Final = frozenset(
    {FaultKind.INVALID_CONTENT, FaultKind.INVALID_MEDIA, FaultKind.POLICY, FaultKind.DUPLICATE, FaultKind.NOT_FOUND}
)
CONSOLE: Final = "Tell the operator: check the webhooks of the application in the platform's console."


async def listen_to(rt: Runtime, made: Sequence[Connection]) -> Sequence[Connection]:
    """Listen to accounts that were just connected; gives them as they are then."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(connection: Connection) -> Connection:
        async with gate:
            return await keep_listening(rt, connection) or connection

    tasks = [asyncio.ensure_future(one(connection)) for connection in made if declared(rt, connection) is not None]
    if not tasks:
        return made
    done, late = await asyncio.wait(tasks, timeout=PATIENCE)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    now: dict[UUID, Connection] = {}
    for task in done:
        failure = task.exception()
        if failure is not None:
            log.error("connection.listening_unexpected", exc_info=failure)
            continue
        now[task.result().id] = task.result()
    return [now.get(connection.id, connection) for connection in made]


async def keep_listening(rt: Runtime, before: Connection) -> Connection | None:
    """Make sure that the platform tells us, where that is due; gives the connection where it was looked at."""
    way, now = declared(rt, before), rt.clock.now()
    if way is None or before.state not in USABLE or not due(before.listen_at, now):
        return None
    look = timedelta(seconds=rt.settings.timing.monitor)
    heard = await _asked(rt, before, way, Heard(before.id, ListeningState.FAILED, now, look))
    async with rt.db.transaction(before.tenant_id) as session:
        events.act_as(session, "monitor")
        return await note_listening(session, heard)


async def stop_listening(rt: Runtime, connection: Connection, access: Access) -> None:
    """End the subscriptions that only this connection stands behind. Trouble there is logged: disconnecting goes on."""
    connector = rt.catalog.get(connection.platform)
    if not connection.listening_to or not isinstance(connector, Listens):
        return
    async with rt.db.system() as session:
        needed = await listened_elsewhere(session, connection)
    alone: Collection[str] = [name for name in connection.listening_to if name not in needed]
    if not alone:
        return
    try:
        await connector.stop_listening(rt.connector_context(connection.platform), access, alone)
    except PlatformFault as error:
        log.warning("connection.still_told_of", platform=connection.platform, fault=error.fault.kind)


def declared(rt: Runtime, connection: Connection) -> Listening | None:
    """What it takes to listen to the account; None where its platform tells nothing of it."""
    try:
        capabilities = rt.catalog.get(connection.platform).capabilities
    except UnknownPlatform:
        return None
    return capabilities.listening_by(ConnectBy(connection.method), connection.kind)


async def _asked(rt: Runtime, before: Connection, way: Listening, heard: Heard) -> Heard:
    todo, connector = unready(rt.settings, way.receiver), rt.catalog.get(before.platform)
    if todo is not None:
        message = "Webhooks of this platform are not set up here."
        return replace(heard, state=ListeningState.OFF, problem=_problem("off", message, f"Operators: {todo}"))
    if before.granted_scopes and way.scope not in before.granted_scopes:
        message = f"The right {way.scope} was not granted."
        hint = "Reconnect the account and allow everything that is asked for."
        return replace(heard, problem=_problem(FaultKind.PERMISSION_MISSING.value, message, hint))
    if not isinstance(connector, Listens):
        raise TypeError(f"the connector of {before.platform} declares `listening` and cannot listen")
    address = f"{rt.settings.public_url}/webhooks/{way.receiver}"
    try:
        access = await held(rt, before.tenant_id, before.id)
        found = await connector.listen(rt.connector_context(before.platform), access, address)
    except PlatformFault as error:
        passing = error.fault.kind in PASSING
        log.warning("connection.not_listening", platform=before.platform, fault=error.fault.kind)
        return replace(heard, problem=_refused(error.fault), again_soon=passing)
    doubt = _refused(found.doubt) if found.doubt is not None else None
    return replace(heard, state=ListeningState.LISTENING, to=found.to, anew=found.anew, problem=doubt)


def _refused(fault: Fault) -> dict[str, Any]:
    why = reason(fault)
    if fault.kind in OF_POSTS:  # in the words of a post that is refused, and there is none
        why |= {"message": "The platform refuses to tell what happens on the account.", "hint": CONSOLE}
    return {**why, "message": f"{why['message']} It said: {fault.words}"} if fault.words else why


def _problem(code: str, message: str, hint: str) -> dict[str, Any]:
    return {"code": code, "message": message, "hint": hint}
