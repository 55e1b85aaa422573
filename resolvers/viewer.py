"""Who calls."""

from __future__ import annotations

from app.domain.keys import queries as keys
from app.domain.tenants import queries as tenants
from app.flows.people import self as oneself
from resolvers.context import Info
from schema.keys import ApiKey, Tenant
from schema.people.person import Person, PersonSession, Workspace
from schema.viewer import Viewer


async def viewer(info: Info) -> Viewer:
    """The caller's workspace, key or person, and scopes."""
    caller, rt = info.context.caller, info.context.rt
    async with rt.db.read(caller.tenant_id) as session:
        tenant = await tenants.own(session)
        key = None if caller.key_id is None else ApiKey.of(await keys.key(session, caller.key_id))
    own = None if caller.person_id is None else await oneself.of(rt, caller.person_id)
    return Viewer(
        tenant=Tenant.of(tenant),
        key=key,
        scopes=sorted(info.context.rights.scopes),
        person=None if own is None else Person.of(own.person),
        role=None if own is None else own.role_in(caller.tenant_id),
        sessions=[] if own is None else [PersonSession.of(row, caller.credential_id) for row in own.sessions],
        workspaces=[] if own is None else [Workspace.of(row, role) for row, role in own.workspaces],
    )
