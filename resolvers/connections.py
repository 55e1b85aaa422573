"""Mutations about connections: decode, call the flow or the verb, wrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from app.domain.connections import queries
from app.domain.connections.model import Connection as Row
from app.flows.connections import connect, switch
from app.flows.connections.disconnect import disconnect
from app.flows.connections.tickets import Ticket, TicketInvalid
from app.kernel.errors import InvalidInput
from connectors.capabilities import ConnectBy
from connectors.secret import Secret
from resolvers.acting import acting
from resolvers.context import Context, Info
from schema.connections import results
from schema.connections.connection import Connection
from schema.node import decode
from schema.platforms import ConnectField
from schema.posts.inputs import bounded
from schema.scalars import URL

PATH = ("input", "connectionId")
MAX_FIELDS = 20
MAX_ACCOUNTS = 200
"""Of one choice. A sign-in is used up by it, so all pages of an agency must fit."""


def _fields(given: Sequence[results.FieldValueInput] | None) -> Mapping[str, Secret]:
    bounded(given or (), MAX_FIELDS, ("input", "fields"))
    return {field.name: Secret(field.value) for field in given or ()}


async def _offered(context: Context, wanted: connect.Offer) -> results.ConnectionLink | results.AccountsConnected:
    answer = await connect.offer(context.rt, context.tenant, context.caller.actor, wanted)
    if isinstance(answer, Ticket):
        flow = strawberry.ID(answer.flow_id.hex)
        asked = [ConnectField.of(field) for field in answer.fields]
        return results.ConnectionLink(url=URL(answer.url), flow_id=flow, expires_at=answer.expires_at, fields=asked)
    return _connected(answer)


def _connected(rows: Sequence[Row]) -> results.AccountsConnected:
    return results.AccountsConnected(connections=[Connection.of(row) for row in rows])


async def start_connection(
    info: Info,
    input: Annotated[results.StartConnectionInput, strawberry.argument(description="What to connect.")],  # noqa: A002 -- the argument's name in the API
) -> results.StartConnectionResult:
    """A link for the user's browser, or the connection at once where fields are enough."""
    wanted = connect.Offer(input.platform, input.method, _fields(input.fields), input.return_to)
    return await _offered(info.context, wanted)


async def reconnect_connection(
    info: Info,
    input: Annotated[results.ReconnectConnectionInput, strawberry.argument(description="What to repair.")],  # noqa: A002 -- the argument's name in the API
) -> results.ReconnectConnectionResult:
    """The same for a connection that is there; only the same account repairs it."""
    connection_id = decode(input.connection_id, "Connection", PATH)
    async with info.context.rt.db.read(info.context.tenant) as session:
        row = await queries.connection(session, connection_id)
    method = input.method or ConnectBy(row.method)
    wanted = connect.Offer(row.platform, method, _fields(input.fields), input.return_to, row.id)
    return await _offered(info.context, wanted)


async def select_accounts(
    info: Info,
    input: Annotated[results.SelectAccountsInput, strawberry.argument(description="The choice.")],  # noqa: A002 -- the argument's name in the API
) -> results.SelectAccountsResult:
    """Connect the chosen ones of the granted accounts."""
    try:
        flow_id = UUID(input.flow_id)
    except ValueError:
        raise TicketInvalid from None
    if len(input.account_ids) > MAX_ACCOUNTS:
        raise InvalidInput(
            f"You chose {len(input.account_ids)} accounts; {MAX_ACCOUNTS} can be connected by one sign-in.",
            hint=f"Choose {MAX_ACCOUNTS}, then begin anew with startConnection for the others.",
            path=("input", "accountIds"),
        )
    context = info.context
    chosen = await connect.choose(context.rt, context.tenant, context.caller.actor, flow_id, input.account_ids)
    return _connected(chosen)


async def pause_connection(
    info: Info,
    input: Annotated[results.PauseConnectionInput, strawberry.argument(description="Which.")],  # noqa: A002 -- the argument's name in the API
) -> results.PauseConnectionResult:
    """Switch a connection off."""
    connection_id = decode(input.connection_id, "Connection", PATH)
    async with acting(info.context) as session:
        return results.ConnectionPaused(connection=Connection.of(await switch.pause(session, connection_id)))


async def resume_connection(
    info: Info,
    input: Annotated[results.ResumeConnectionInput, strawberry.argument(description="Which.")],  # noqa: A002 -- the argument's name in the API
) -> results.ResumeConnectionResult:
    """Switch a connection on."""
    connection_id, now = decode(input.connection_id, "Connection", PATH), info.context.rt.clock.now()
    async with acting(info.context) as session:
        row = await switch.resume(session, connection_id, now=now)
    return results.ConnectionResumed(connection=Connection.of(row))


async def disconnect_connection(
    info: Info,
    input: Annotated[results.DisconnectConnectionInput, strawberry.argument(description="Which.")],  # noqa: A002 -- the argument's name in the API
) -> results.DisconnectConnectionResult:
    """End a connection."""
    context, connection_id = info.context, decode(input.connection_id, "Connection", PATH)
    row = await disconnect(context.rt, context.tenant, context.caller.actor, connection_id)
    return results.ConnectionDisconnected(connection=Connection.of(row))
