"""From what a platform granted to connections: all at once, or the ones that the user chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.audited import audit, named
from app.actions.connections.connect import Connect, connect
from app.actions.connections.tokens import pack, unpack
from app.domain.connections.errors import ConnectFailed
from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.domain.connections.model import Connection
from app.domain.connections.queries import by_ids
from app.domain.connections.queries import connection as read_connection
from app.flows.connections.listening import listen_to
from app.flows.connections.tickets import TicketInvalid
from app.flows.connections.waiting import let_out
from app.flows.runtime import Runtime
from app.services import events
from app.services.vault import Place, SealBroken
from connectors.contract import Account, AccountGrant, Grant
from connectors.faults import PlatformFault
from connectors.scopes import Scope, ScopeUse
from connectors.secret import Secret

TABLE = OAuthFlow.__tablename__


def failed(error: PlatformFault) -> ConnectFailed:
    """A platform's refusal in the words of a user who wants to connect."""
    fault = error.fault
    words = f" It said: {fault.words}" if fault.words else ""
    return ConnectFailed(f"{fault.message}{words}", hint=fault.hint or "Try again.", path=("input", "fields"))


async def connect_all(
    rt: Runtime,
    tenant: UUID,
    actor: str,
    platform: str,
    grant: Grant,
    *,
    repair: UUID | None = None,
    flow: OAuthFlow | None = None,
) -> Sequence[Connection]:
    """Connect every account of a grant in one transaction; jobs that waited for one go out. Then listen to them.

    Raises:
        DifferentAccount, ConnectFailed: the account is not the one to be repaired, or lacks a right; nothing was
            connected.
    """
    made = []
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        for one in _meant(grant, await _repaired(session, repair), platform):
            command = Connect(
                one.platform or platform,
                one,
                rt.clock.now(),
                timedelta(seconds=rt.settings.timing.monitor),
                app_id=flow.app_id if flow is not None else None,
                repair=repair,
                needed=() if repair is None else _needed_by(rt, one.platform or platform, one),
            )
            connection = await connect(session, rt.vault, command)
            await let_out(session, connection)
            await audit(session, "connection.connect", connection, {**named(connection), "repaired": bool(repair)})
            made.append(connection)
        if flow is not None:
            values: dict[str, Any] = {
                "state": FlowState.DONE,
                "blob": None,
                "kek_id": None,
                "result": {"connections": [str(row.id) for row in made]},
            }
            await session.execute(update(OAuthFlow).where(OAuthFlow.id == flow.id).values(values))
    return await listen_to(rt, made)


def _needed_by(rt: Runtime, platform: str, grant: AccountGrant) -> Sequence[Scope]:
    """The rights without which no post goes out on an account that was granted this way."""
    scopes = rt.catalog.get(platform).capabilities.scopes_by(grant.tokens.method)
    return [scope for scope in scopes if scope.use is ScopeUse.PUBLISH and scope.concerns(grant.account.kind)]


async def _repaired(session: AsyncSession, repair: UUID | None) -> Connection | None:
    return None if repair is None else await read_connection(session, repair)


def _meant(grant: Grant, repaired: Connection | None, platform: str) -> Sequence[AccountGrant]:
    """The accounts to be connected: for a repair the one that it is about, whatever else was granted beside it."""
    if repaired is None:
        return grant.accounts
    same = [
        one
        for one in grant.accounts
        if (one.platform or platform, one.account.external_id) == (repaired.platform, repaired.external_id)
    ]
    return same or grant.accounts[:1]  # another account: the verb refuses it by name


async def made_by(rt: Runtime, flow: OAuthFlow) -> Sequence[Connection]:
    """The connections that a finished flow made."""
    keys = [UUID(word) for word in (flow.result or {}).get("connections", [])]
    async with rt.db.read(flow.tenant_id) as session:
        return await by_ids(session, keys)


async def keep_choices(rt: Runtime, flow: OAuthFlow, grant: Grant) -> Sequence[Account]:
    """Seal the grant until the user has chosen; gives the accounts to choose from."""
    accounts = [
        {
            "account": asdict(one.account),
            "tokens": pack(one.tokens).reveal(),
            "platform": one.platform,
            "granted_at": one.granted_at,
        }
        for one in grant.accounts
    ]
    place = Place(flow.tenant_id, TABLE, flow.id, "grant")
    blob = rt.vault.seal(Secret(orjson.dumps(accounts).decode()), place)
    values = {"state": FlowState.CHOOSING, "blob": blob, "kek_id": rt.vault.kek_of(blob)}
    async with rt.db.transaction(flow.tenant_id) as session:
        await session.execute(update(OAuthFlow).where(OAuthFlow.id == flow.id).values(values))
    return [one.account for one in grant.accounts]


def opened(rt: Runtime, flow: OAuthFlow) -> Mapping[str, AccountGrant]:
    """The grant that `keep_choices` sealed, by the accounts' ids.

    Raises:
        TicketInvalid: it does not open.
    """
    try:
        text = rt.vault.open(flow.blob or b"", Place(flow.tenant_id, TABLE, flow.id, "grant"))
    except SealBroken as error:
        raise TicketInvalid from error
    grants = [_unsealed(item) for item in orjson.loads(text.reveal())]
    return {one.account.external_id: one for one in grants}


def _unsealed(item: Mapping[str, Any]) -> AccountGrant:
    at = item.get("granted_at")  # what the release before sealed has none
    moment = datetime.fromisoformat(at) if at else None
    return AccountGrant(Account(**item["account"]), unpack(Secret(item["tokens"])), item["platform"], moment)
