"""Connect an account: offer a link, send the user to the platform, take the callback, make the connection.

Whoever completes a link connects an account to the workspace that made it. Therefore the link is a page of our own
that says which workspace and platform it is for, it sets a cookie, and the callback is accepted from that browser
only. State is used once; PKCE, nonces and issuer are checked; the secrets of the way rest sealed in the flow's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import orjson
from sqlalchemy import select, update

from app.domain.connections.errors import ConnectFailed
from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.domain.connections.model import Connection
from app.flows.connections.access import app_of
from app.flows.connections.apps import app_for
from app.flows.connections.grants import connect_all, failed, keep_choices, made_by, opened
from app.flows.connections.tickets import Ticket, TicketInvalid, digest, make_ticket, new_secret
from app.flows.connections.ways import connector_of, known_fields, method_of, refuse_unready
from app.flows.runtime import Runtime
from app.kernel.errors import InvalidInput
from app.services.vault import Place, SealBroken
from connectors import client_metadata
from connectors.capabilities import ConnectBy, FieldKind
from connectors.contract import Account, Connector, FinishAuthorization, Grant, Redirect, StartAuthorization
from connectors.faults import PlatformFault
from connectors.secret import Secret


@dataclass(frozen=True, slots=True)
class Offer:
    """What the caller wants to connect."""

    platform: str
    method: ConnectBy | None = None
    """None takes the platform's first."""
    fields: Mapping[str, Secret] | None = None
    return_to: str | None = None
    repair: UUID | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """The end of a way: what was connected, or what there is to choose from."""

    flow: OAuthFlow
    connections: Sequence[Connection] = ()
    choices: Sequence[Account] = ()


async def offer(rt: Runtime, tenant: UUID, actor: str, wanted: Offer) -> Ticket | Sequence[Connection]:
    """Begin to connect: a link for the user's browser, or the connection at once where fields are enough.

    Raises:
        UnknownPlatform, PlatformNotReady, InvalidInput, ConnectFailed: nothing was connected.
    """
    connector = connector_of(rt, wanted.platform)
    method = method_of(connector, wanted.method)
    refuse_unready(rt, connector, method)
    fields = known_fields(method, wanted.fields or {})
    complete = all(item.name in fields for item in method.fields if item.required)
    if not method.by.in_browser and complete:
        grant = await _granted(rt, connector, method.by, fields)
        return await connect_all(rt, tenant, actor, wanted.platform, grant, repair=wanted.repair)
    # Only what is not secret may rest in the row in clear; the page asks for the rest.
    plain = [item.name for item in method.fields if item.name in fields and item.kind is not FieldKind.SECRET]
    shown = {name: fields[name].reveal() for name in plain}
    return await make_ticket(
        rt,
        tenant,
        actor,
        platform=wanted.platform,
        method=method.by.value,
        fields=shown,
        missing=[item for item in method.fields if item.name not in shown],
        return_to=wanted.return_to,
        repair=wanted.repair,
    )


async def begin(rt: Runtime, flow: OAuthFlow, fields: Mapping[str, Secret]) -> tuple[str, str] | Arrival:
    """The user has agreed on our page: an address of the platform and a cookie for this browser, or the end at once.

    Raises:
        TicketInvalid: the link has led to a connection already.
        ConnectFailed: the platform refused; the link can be used again.
    """
    if flow.state in (FlowState.DONE, FlowState.CHOOSING):
        raise TicketInvalid
    connector = connector_of(rt, flow.platform)
    by = ConnectBy(flow.method)
    known = known_fields(method_of(connector, by), {**{k: Secret(v) for k, v in flow.fields.items()}, **fields})
    if not by.in_browser:
        grant = await _granted(rt, connector, by, known)
        made = await connect_all(
            rt, flow.tenant_id, flow.created_by, flow.platform, grant, repair=flow.connection_id, flow=flow
        )
        return Arrival(flow, made)
    state, cookie = new_secret(), new_secret()
    redirect = await _start(rt, flow, connector, known, state)
    sealed = orjson.dumps({key: value.reveal() for key, value in redirect.flow.items()}).decode()
    place = Place(flow.tenant_id, OAuthFlow.__tablename__, flow.id, "flow")
    blob = rt.vault.seal(Secret(sealed), place)
    async with rt.db.transaction(flow.tenant_id) as session:
        values = {
            "state": FlowState.STARTED,
            "state_hash": digest(state),
            "cookie_hash": digest(cookie),
            "issuer": redirect.issuer,
            "blob": blob,
            "kek_id": rt.vault.kek_of(blob),
        }
        await session.execute(update(OAuthFlow).where(OAuthFlow.id == flow.id).values(values))
    return redirect.url, cookie


async def arrive(rt: Runtime, flow: OAuthFlow, params: Mapping[str, str], cookie: str | None) -> Arrival:
    """The platform has sent the user back.

    A second arrival with the same state shows the first one's result and changes nothing.

    Raises:
        TicketInvalid: another browser, another issuer, or a state that was used.
        ConnectFailed, DifferentAccount: the user or the platform refused; nothing was connected.
    """
    if cookie is None or flow.cookie_hash is None or digest(cookie) != flow.cookie_hash:
        raise TicketInvalid("This page was opened in another browser than the one that started it.")
    if flow.state is FlowState.DONE:
        return Arrival(flow, await made_by(rt, flow))
    async with rt.db.transaction(flow.tenant_id) as session:
        # The state is used up by this statement: of two callbacks one gets the row.
        used = update(OAuthFlow).where(OAuthFlow.id == flow.id, OAuthFlow.state == FlowState.STARTED)
        if await session.scalar(used.values(state=FlowState.FAILED).returning(OAuthFlow.id)) is None:
            raise TicketInvalid
        app = await app_of(session, rt, flow.app_id)
    if flow.issuer is not None and params.get("iss") != flow.issuer:
        raise TicketInvalid("The answer came from another server than the one that was asked.")
    place = Place(flow.tenant_id, OAuthFlow.__tablename__, flow.id, "flow")
    try:
        text = rt.vault.open(flow.blob or b"", place)
    except SealBroken as error:
        raise TicketInvalid from error
    secrets = {key: Secret(value) for key, value in orjson.loads(text.reveal()).items()}
    # Whatever the person does on the platform from now on is newer than this grant.
    arrived = rt.clock.now()
    request = FinishAuthorization(dict(params), redirect_uri(rt, flow.platform), secrets, app)
    try:
        # The connector reads a refusal too: only it knows its platform's words for "the user said no".
        grant = await connector_of(rt, flow.platform).finish(rt.connector_context(flow.platform), request)
    except PlatformFault as error:
        raise failed(error) from error
    grant = Grant(tuple(replace(one, granted_at=arrived) for one in grant.accounts))
    if len(grant.accounts) > 1 and flow.connection_id is None:
        return Arrival(flow, choices=await keep_choices(rt, flow, grant))
    made = await connect_all(
        rt, flow.tenant_id, flow.created_by, flow.platform, grant, repair=flow.connection_id, flow=flow
    )
    return Arrival(flow, made)


async def choose(rt: Runtime, tenant: UUID, actor: str, flow_id: UUID, accounts: Sequence[str]) -> Sequence[Connection]:
    """Connect the accounts that the user chose among those granted.

    Raises:
        TicketInvalid: there is nothing to choose (any more).
        InvalidInput: an account is not among them.
    """
    async with rt.db.read(tenant) as session:
        flow = await session.scalar(select(OAuthFlow).where(OAuthFlow.tenant_id == tenant, OAuthFlow.id == flow_id))
    if flow is None or flow.state is not FlowState.CHOOSING or flow.expires_at <= rt.clock.now():
        raise TicketInvalid
    known = opened(rt, flow)
    if not accounts or any(key not in known for key in accounts):
        raise InvalidInput(
            "That account was not granted.", hint="Choose among the accounts listed.", path=("input", "accountIds")
        )
    chosen = Grant(tuple(known[key] for key in dict.fromkeys(accounts)))
    return await connect_all(rt, tenant, actor, flow.platform, chosen, repair=None, flow=flow)


def redirect_uri(rt: Runtime, platform: str) -> str:
    """The one callback address of a platform: from the settings, never from a request."""
    return client_metadata.redirect_uri(rt.settings.public_url, f"/oauth/{platform}/callback")


async def _granted(rt: Runtime, connector: Connector, by: ConnectBy, fields: Mapping[str, Secret]) -> Grant:
    cx = rt.connector_context(connector.capabilities.key)
    request = StartAuthorization(by, fields, redirect_uri(rt, connector.capabilities.key), Secret(new_secret()), ())
    try:
        given = await connector.start(cx, request)
    except PlatformFault as error:
        raise failed(error) from error
    if not isinstance(given, Grant):
        raise ConnectFailed("The platform wants a sign-in in the browser.", hint="Leave `fields` out to get a link.")
    return given


async def _start(
    rt: Runtime, flow: OAuthFlow, connector: Connector, fields: Mapping[str, Secret], state: str
) -> Redirect:
    uri = redirect_uri(rt, flow.platform)
    cx = rt.connector_context(flow.platform)
    scopes = tuple(scope.name for scope in connector.capabilities.scopes_by(ConnectBy(flow.method)))
    try:
        app = await app_for(rt, flow, connector, fields, uri)
        request = StartAuthorization(ConnectBy(flow.method), fields, uri, Secret(state), scopes, app)
        try:
            started = await connector.start(cx, request)
        except PlatformFault as error:
            if error.fault.code != "invalid_client":
                raise
            # The server has forgotten our client: register again, once.
            app = await app_for(rt, flow, connector, fields, uri, anew=True)
            started = await connector.start(cx, replace(request, app=app))
    except PlatformFault as error:
        raise failed(error) from error
    if not isinstance(started, Redirect):
        raise ConnectFailed("The platform did not give an address to sign in at.", hint="Tell the operator.")
    return started
