"""What every resolver is handed: the services, and who calls.

On a socket one context serves many operations at once, so it holds only what is fixed for the connection. Loaders
are not in it: they are fresh for each operation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import strawberry
from starlette.responses import Response

from app.domain.keys.errors import KeyRefused
from app.domain.keys.principal import Principal, Rights
from app.flows.people.enter import Caller
from app.flows.runtime import Runtime
from connectors.secret import Secret
from resolvers.looks import Looks

Close = Callable[[int, str], Awaitable[None]]


@dataclass(slots=True)
class Context:
    """The world of one request or one socket."""

    rt: Runtime
    principal: Principal | None = None
    """Who calls; None before a socket has presented its key, and for callers without one."""
    cookie: Secret | None = None
    """What the browser's session presents, of a socket that a page of ours has opened."""
    request_id: str = field(default_factory=lambda: uuid4().hex)
    address: str | None = None
    """Where the call comes from: the peer, or what a trusted proxy says of it."""
    agent: str = ""
    """With which program: the User-Agent header."""
    connection_params: dict[str, Any] | None = None
    """What a socket presented in `connection_init`; set by the protocol's handler."""
    close: Close | None = None
    """Ends the socket with a code; None on HTTP."""
    response: Response | None = None
    """Where HTTP headers of the answer go; None on a socket."""
    looks: Looks = field(default_factory=Looks)
    """What this caller may see together with others, without a look of its own."""
    ended: bool = False
    """The key was revoked or has expired meanwhile: streams end."""

    @property
    def caller(self) -> Principal:
        """Who calls.

        Raises:
            KeyRefused: nobody whom we know.
        """
        if self.principal is None or self.ended:
            raise KeyRefused
        return self.principal

    @property
    def visitor(self) -> Caller:
        """Where the call comes from, for what strangers may ask."""
        return Caller(self.address or "unknown", self.agent)

    @property
    def tenant(self) -> UUID:
        """Whose rows are meant."""
        return self.caller.tenant_id

    @property
    def rights(self) -> Rights:
        """What the caller may do from where the call comes.

        Raises:
            KeyRefused: nobody whom we know.
        """
        return self.rights_of(self.caller)

    def rights_of(self, principal: Principal) -> Rights:
        """What somebody may do who calls from there."""
        return Rights(principal, self.address, self.rt.settings.fenced_networks)


Info = strawberry.Info[Context, None]
