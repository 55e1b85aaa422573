"""What a connection refuses."""

from __future__ import annotations

from typing import ClassVar

from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.kernel.errors import DomainError


class ConnectionNotUsable(DomainError):
    """Nothing can be scheduled on it as it is. Nothing was changed."""

    code: ClassVar[str] = "CONNECTION_NOT_USABLE"

    def __init__(self, connection: Connection, *, path: tuple[str, ...] = ("input", "connectionId")) -> None:
        if connection.state is ConnectionState.REVOKED:
            message, hint = "was disconnected.", "Connect it again with reconnectConnection."
        else:
            message, hint = "needs to be reconnected.", "Reconnect it with reconnectConnection."
        super().__init__(f"The account {connection.handle} {message}", hint=hint, path=path)
        self.connection = connection


class ConnectionStateRefused(DomainError):
    """The state does not know this verb. Nothing was changed."""

    code: ClassVar[str] = "CONNECTION_STATE_REFUSED"

    def __init__(self, connection: Connection, verb: str) -> None:
        super().__init__(
            f"An account that is {connection.state.replace('_', ' ')} cannot be {verb}.",
            hint="Read the connection's state and reason first.",
            path=("input", "connectionId"),
        )
        self.connection = connection


class DifferentAccount(DomainError):
    """The user granted another account than the one to be repaired. Nothing was changed."""

    code: ClassVar[str] = "DIFFERENT_ACCOUNT"


class UnknownPlatform(DomainError):
    """There is no connector of that name here."""

    code: ClassVar[str] = "UNKNOWN_PLATFORM"


class PlatformNotReady(DomainError):
    """The operator has not set the application that this platform asks for. Nothing was connected."""

    code: ClassVar[str] = "PLATFORM_NOT_READY"


class ConnectFailed(DomainError):
    """The platform refused, or the user did; nothing was connected."""

    code: ClassVar[str] = "CONNECT_FAILED"
