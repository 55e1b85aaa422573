"""Call a platform in the name of an account, and find out whether a refusal means that the access is lost.

One refusal is never enough: the token is renewed, or a cheap call has to agree. Where that call passes and only the
publish is refused, the account works and a right is missing: that is told apart, because a check would forgive it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import structlog

from app.domain.breakers.states import Operation, Place
from app.domain.jobs.verdict import NEEDS_USER
from app.flows.connections.access import held, ready
from app.flows.connections.stored import Stored
from app.flows.limits.pace import heed
from app.flows.runtime import Runtime
from connectors.contract import Access, Connector, Context, Failed, Unknown
from connectors.faults import Effect, Fault, FaultKind, PlatformFault

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class Authority:
    """The access of one try, and what became of it."""

    rt: Runtime
    tenant: UUID
    connection_id: UUID
    operation: Operation = Operation.READ
    """What the calls are for: each kind may be down by itself."""
    known: Stored | None = None
    """The stored access as it was read with the claim: good for the first use of it."""
    access: Access | None = None
    lost: Fault | None = None
    """The fault that means that the user has to reconnect, once two answers agree."""
    withheld: Fault | None = None
    """The platform refuses what was asked, and accepts the account: a right is missing, or this passes."""

    @property
    def refused(self) -> bool:
        """Whether the platform refused the access, for now or for good."""
        return self.lost is not None or self.withheld is not None

    async def call(self, connector: Connector, cx: Context, request: Callable[[Access], Awaitable[T]]) -> T:
        """Call the platform with fresh access; a refused token is renewed, or proved dead, and tried once more.

        Raises:
            PlatformFault: as the platform answered; `lost` or `withheld` says what it means for the account.
        """
        access = self.access = self.access or await self._ready(connector, cx)
        try:
            return await self._seen(connector, access, request)
        except PlatformFault as error:
            if not _refuses_access(error.fault):
                raise
            if error.fault.kind is not FaultKind.AUTH_EXPIRED:
                await self._doubt(connector, cx, access, error.fault)
                raise
            access = self.access = await self._renewed(connector, cx, access, error.fault)
        try:
            return await self._seen(connector, access, request)
        except PlatformFault as error:
            if _refuses_access(error.fault):
                await self._doubt(connector, cx, access, error.fault)
            raise

    async def _seen(self, connector: Connector, access: Access, request: Callable[[Access], Awaitable[T]]) -> T:
        """Make the call, and take note of how the platform is."""
        where = (connector.capabilities.key, access.account.server)
        fault: Fault | None = None
        try:
            answer = await request(access)
            fault = answer.fault if isinstance(answer, Failed | Unknown) else None
        except PlatformFault as error:
            fault = error.fault
            raise
        else:
            return answer
        finally:
            if fault is not None:
                await heed(self.rt, self.connection_id, where, fault)
            await self.rt.weather.saw(Place(*where, self.operation), fault)

    async def _ready(self, connector: Connector, cx: Context) -> Access:
        try:
            known, self.known = self.known, None
            return await ready(self.rt, cx, self.tenant, self.connection_id, known=known)
        except PlatformFault as error:
            if error.fault.kind not in NEEDS_USER:
                raise
            # It cannot be renewed; whether it still works, a cheap call tells.
            try:
                access = await held(self.rt, self.tenant, self.connection_id)
                await connector.check(cx, access)
            except PlatformFault as second:
                if second.fault.kind not in NEEDS_USER:
                    raise
                self.lost = error.fault
                raise error from second
            return access

    async def _renewed(self, connector: Connector, cx: Context, access: Access, refused: Fault) -> Access:
        try:
            if access.tokens.refresh is not None:
                return await ready(self.rt, cx, self.tenant, self.connection_id, stale=access.tokens)
            await connector.check(cx, access)
        except PlatformFault as error:
            if error.fault.kind in NEEDS_USER:
                self.lost = error.fault
            raise
        log.warning("access.refused_once", connection_id=str(self.connection_id), code=refused.code)
        return access

    async def _doubt(self, connector: Connector, cx: Context, access: Access, refused: Fault) -> None:
        """The second opinion on a refusal: a cheap call that agrees, or that passes.

        Raises:
            PlatformFault: the platform is in trouble, so that its refusal says nothing either.
        """
        try:
            await connector.check(cx, access)
        except PlatformFault as error:
            if error.fault.kind not in NEEDS_USER:
                raise
            self.lost = refused
        else:
            self.withheld = refused


def _refuses_access(fault: Fault) -> bool:
    # An effect that is not known may have happened, whatever the reason is: nothing is sent again then.
    return fault.effect is Effect.NONE and fault.kind in NEEDS_USER
