"""What clients send about connections, and what mutations about them answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from connectors.capabilities import ConnectBy
from schema.connections.connection import Connection
from schema.errors import (
    ConnectFailed,
    ConnectionStateRefused,
    DifferentAccount,
    InvalidInput,
    NotFound,
    PlatformNotReady,
    TicketInvalid,
    UnknownPlatform,
)
from schema.platforms import ConnectField
from schema.scalars import URL


@strawberry.input(description="The value of a field that the platform asks for.")
class FieldValueInput:
    """A field."""

    name: str = strawberry.field(description="Its name, as `ConnectMethod.fields` lists it.")
    value: str = strawberry.field(description="Its value. It is never shown again.")


@strawberry.input(description="What to connect.")
class StartConnectionInput:
    """A start."""

    platform: str = strawberry.field(description="The platform's key, e.g. `bluesky`.")
    method: ConnectBy | None = strawberry.field(default=None, description="How; the platform's first way by default.")
    fields: list[FieldValueInput] | None = strawberry.field(
        default=None, description="What the platform asks for, as far as you have it; the page asks for the rest."
    )
    return_to: str | None = strawberry.field(default=None, description="A path on this server to end at.")


@strawberry.input(description="What to repair.")
class ReconnectConnectionInput:
    """A repair."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    method: ConnectBy | None = strawberry.field(
        default=None, description="How; by default the way that the account was connected by."
    )
    fields: list[FieldValueInput] | None = strawberry.field(
        default=None, description="What the platform asks for, as far as you have it; the page asks for the rest."
    )
    return_to: str | None = strawberry.field(default=None, description="A path on this server to end at.")


@strawberry.input(description="Which of the granted accounts to connect.")
class SelectAccountsInput:
    """A choice."""

    flow_id: strawberry.ID = strawberry.field(description="The flow, from `ConnectionLink.flowId`.")
    account_ids: list[str] = strawberry.field(description="The platform's own ids of the accounts.")


@strawberry.input(description="Which connection to end.")
class DisconnectConnectionInput:
    """An end."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")


@strawberry.input(description="Which connection to switch off.")
class PauseConnectionInput:
    """A pause."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")


@strawberry.input(description="Which connection to switch on.")
class ResumeConnectionInput:
    """A resumption."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")


@strawberry.type(description="A link to be opened in the user's own browser. It asks there for what is still missing.")
class ConnectionLink:
    """A ticket."""

    url: URL = strawberry.field(description="The link, on this server's own origin.")
    flow_id: strawberry.ID = strawberry.field(description="The flow, for `selectAccounts`.")
    expires_at: datetime = strawberry.field(description="Until when it works.")
    fields: list[ConnectField] = strawberry.field(
        description="What the page will ask for, because it was not given. A program can ask for it by itself and "
        "start again with all of it in `fields`; secrets are not kept, so give those again."
    )


@strawberry.type(description="The accounts are connected.")
class AccountsConnected:
    """Connected at once."""

    connections: list[Connection] = strawberry.field(description="The connections.")


@strawberry.type(description="The connection is ended: its tokens are destroyed, and the platform was told.")
class ConnectionDisconnected:
    """Ended."""

    connection: Connection = strawberry.field(description="The connection as it is now.")


@strawberry.type(description="The connection is switched off: nothing goes out until it is resumed.")
class ConnectionPaused:
    """Off."""

    connection: Connection = strawberry.field(description="The connection as it is now.")


@strawberry.type(description="The connection is switched on: what waited for it goes out inside its window.")
class ConnectionResumed:
    """On."""

    connection: Connection = strawberry.field(description="The connection as it is now.")


StartConnectionResult: TypeAlias = Annotated[
    ConnectionLink | AccountsConnected | UnknownPlatform | PlatformNotReady | ConnectFailed | InvalidInput,
    strawberry.union("StartConnectionResult", description="A link, or the connection at once, or why neither."),
]
ReconnectConnectionResult: TypeAlias = Annotated[
    ConnectionLink
    | AccountsConnected
    | DifferentAccount
    | UnknownPlatform
    | PlatformNotReady
    | ConnectFailed
    | InvalidInput
    | NotFound,
    strawberry.union("ReconnectConnectionResult", description="A link, or the repaired connection, or why neither."),
]
SelectAccountsResult: TypeAlias = Annotated[
    AccountsConnected | TicketInvalid | InvalidInput | NotFound,
    strawberry.union("SelectAccountsResult", description="The connections, or why there are none."),
]
DisconnectConnectionResult: TypeAlias = Annotated[
    ConnectionDisconnected | NotFound,
    strawberry.union("DisconnectConnectionResult", description="The ended connection, or why it was not ended."),
]
PauseConnectionResult: TypeAlias = Annotated[
    ConnectionPaused | ConnectionStateRefused | NotFound,
    strawberry.union("PauseConnectionResult", description="The connection that is off, or why it is not."),
]
ResumeConnectionResult: TypeAlias = Annotated[
    ConnectionResumed | ConnectionStateRefused | NotFound,
    strawberry.union("ResumeConnectionResult", description="The connection that is on, or why it is not."),
]
