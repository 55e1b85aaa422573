"""Who calls."""

from __future__ import annotations

from app.domain.keys import queries as keys
from app.domain.tenants import queries as tenants
from resolvers.context import Info
from schema.keys import ApiKey, Tenant, Viewer


async def viewer(info: Info) -> Viewer:
    """The caller's workspace, key if one was presented, and scopes."""
    caller = info.context.caller
    async with info.context.rt.db.read(caller.tenant_id) as session:
        tenant = await tenants.own(session)
        key = None if caller.key_id is None else ApiKey.of(await keys.key(session, caller.key_id))
    return Viewer(tenant=Tenant.of(tenant), key=key, scopes=sorted(info.context.rights.scopes))
