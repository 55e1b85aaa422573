"""Our client at a platform's authorization server: registered once a server and tenant, its secret sealed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.domain.connections.flow_model import OAuthFlow
from app.domain.connections.model import PlatformApp
from app.flows.connections.access import app_of
from app.flows.runtime import Runtime
from app.kernel import ids
from app.services.vault import Place, SealBroken
from connectors.contract import AppCredentials, Connector
from connectors.secret import Secret


async def app_for(
    rt: Runtime,
    flow: OAuthFlow,
    connector: Connector,
    fields: Mapping[str, Secret],
    redirect_uri: str,
    *,
    anew: bool = False,
) -> AppCredentials | None:
    """The client that this flow uses, registered now if there is none yet; None where none is needed.

    `anew` registers again in place of the client that the server does not know any more.

    Raises:
        PlatformFault: the server does not register us.
    """
    key = connector.app_key(fields)
    if key is None:
        return None
    mine = (PlatformApp.tenant_id == flow.tenant_id, PlatformApp.platform == flow.platform, PlatformApp.key == key)
    async with rt.db.read(flow.tenant_id) as session:
        app_id = await session.scalar(select(PlatformApp.id).where(*mine))
        if app_id is not None and not anew:
            try:
                await app_of(session, rt, app_id)
            except SealBroken:
                anew = True  # its secret was moved or changed: only a new registration helps
    if app_id is None or anew:
        # No transaction is open while the server answers; of two first registrations at once, the first one stays.
        given = await connector.register(rt.connector_context(flow.platform), key, redirect_uri)
        row_id = app_id or ids.new()
        sealed = _sealed(rt, flow, row_id, given)
        row = {"id": row_id, "tenant_id": flow.tenant_id, "platform": flow.platform, "key": key, **sealed}
        statement = insert(PlatformApp).values(row)
        async with rt.db.transaction(flow.tenant_id) as session:
            if anew:
                await session.execute(update(PlatformApp).where(PlatformApp.id == row_id).values(sealed))
            else:
                await session.execute(statement.on_conflict_do_nothing())
            app_id = await session.scalar(select(PlatformApp.id).where(*mine))
    async with rt.db.transaction(flow.tenant_id) as session:
        await session.execute(update(OAuthFlow).where(OAuthFlow.id == flow.id).values(app_id=app_id))
        return await app_of(session, rt, app_id)


def _sealed(rt: Runtime, flow: OAuthFlow, row_id: Any, given: AppCredentials) -> dict[str, Any]:
    values: dict[str, Any] = {"client_id": given.client_id, "extra": dict(given.extra), "blob": None, "kek_id": None}
    if given.client_secret is not None:
        blob = rt.vault.seal(
            given.client_secret, Place(flow.tenant_id, PlatformApp.__tablename__, row_id, "client_secret")
        )
        values |= {"blob": blob, "kek_id": rt.vault.kek_of(blob)}
    return values
