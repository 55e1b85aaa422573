"""Our client at a platform's authorization server: registered once a server and tenant, its secret sealed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domain.connections.flow_model import OAuthFlow
from app.domain.connections.model import PlatformApp
from app.flows.access import app_of
from app.flows.runtime import Runtime
from app.kernel import ids
from app.services.vault import Place
from connectors.contract import AppCredentials, Connector
from connectors.secret import Secret


async def app_for(
    rt: Runtime, flow: OAuthFlow, connector: Connector, fields: Mapping[str, Secret], redirect_uri: str
) -> AppCredentials | None:
    """The client that this flow uses, registered now if there is none yet; None where none is needed.

    Raises:
        PlatformFault: the server does not register us.
    """
    key = connector.app_key(fields)
    if key is None:
        return None
    mine = (PlatformApp.tenant_id == flow.tenant_id, PlatformApp.platform == flow.platform, PlatformApp.key == key)
    async with rt.db.read(flow.tenant_id) as session:
        app_id = await session.scalar(select(PlatformApp.id).where(*mine))
    if app_id is None:
        # No transaction is open while the server answers; of two registrations at once the first one stays.
        given = await connector.register(rt.connector_context(flow.platform), key, redirect_uri)
        row_id = ids.new()
        values = {"id": row_id, "tenant_id": flow.tenant_id, "platform": flow.platform, "key": key}
        values |= {"client_id": given.client_id, "extra": dict(given.extra)}
        if given.client_secret is not None:
            place = Place(flow.tenant_id, PlatformApp.__tablename__, row_id, "client_secret")
            blob = rt.vault.seal(given.client_secret, place)
            values |= {"blob": blob, "kek_id": rt.vault.kek_of(blob)}
        async with rt.db.transaction(flow.tenant_id) as session:
            await session.execute(insert(PlatformApp).values(values).on_conflict_do_nothing())
            app_id = await session.scalar(select(PlatformApp.id).where(*mine))
    async with rt.db.transaction(flow.tenant_id) as session:
        await session.execute(update(OAuthFlow).where(OAuthFlow.id == flow.id).values(app_id=app_id))
        return await app_of(session, rt, app_id)


async def forget_app(rt: Runtime, flow: OAuthFlow) -> None:
    """The server does not know our client any more: register again the next time."""
    if flow.app_id is None:
        return
    async with rt.db.transaction(flow.tenant_id) as session:
        await session.execute(update(OAuthFlow).where(OAuthFlow.id == flow.id).values(app_id=None))
        await session.execute(delete(PlatformApp).where(PlatformApp.id == flow.app_id))
