"""Whom a delivery concerns: notices brought to the connections that they are about, over all workspaces.

A valid signature proves the platform and not a workspace: an account may be connected in several, or in none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.flows.runtime import Runtime
from connectors.notices import AccountDeauthorized, AccountNotice, Notice, OwnerNotice
from connectors.webhooks import Receiver


class Workspace(NamedTuple):
    """A tenant's part of one platform: what is applied together."""

    tenant_id: UUID
    platform: str


@dataclass(frozen=True, slots=True)
class Concern:
    """A notice and the connection that it is about."""

    connection_id: UUID
    notice: Notice


async def concerns(rt: Runtime, receiver: Receiver, notices: Sequence[Notice]) -> Mapping[Workspace, list[Concern]]:
    """Every concern by its workspace, in the order of the notices."""
    accounts = {notice.account_id for notice in notices if isinstance(notice, AccountNotice)}
    owners = {notice.owner_id for notice in notices if isinstance(notice, OwnerNotice)}
    table = Connection
    query = select(table.tenant_id, table.id, table.platform, table.external_id, table.owner_id, table.state)
    query = query.where(table.platform.in_(receiver.platforms)).order_by(table.tenant_id, table.id)
    by_account: dict[tuple[str, str], list[tuple[Workspace, UUID]]] = defaultdict(list)
    by_owner: dict[str, list[tuple[Workspace, UUID, ConnectionState]]] = defaultdict(list)
    async with rt.db.system() as session:
        if accounts:
            live = table.state != ConnectionState.REVOKED  # nothing more is kept about an account that has ended
            for row in await session.execute(query.where(table.external_id.in_(accounts), live)):
                place = (Workspace(row.tenant_id, row.platform), row.id)
                by_account[row.platform, row.external_id].append(place)
        if owners:
            for row in await session.execute(query.where(table.owner_id.in_(owners))):
                by_owner[row.owner_id].append((Workspace(row.tenant_id, row.platform), row.id, row.state))
    found: dict[Workspace, list[Concern]] = defaultdict(list)
    for notice in notices:
        if isinstance(notice, AccountNotice):
            for workspace, connection_id in by_account[notice.platform, notice.account_id]:
                found[workspace].append(Concern(connection_id, notice))
        elif isinstance(notice, OwnerNotice):
            for workspace, connection_id, state in by_owner[notice.owner_id]:
                if state is not ConnectionState.REVOKED or not isinstance(notice, AccountDeauthorized):
                    found[workspace].append(Concern(connection_id, notice))
    return found
